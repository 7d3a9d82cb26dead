import { Script } from "node:vm";

/** What is wrong with the statements of a template, and where. */
export interface SyntaxFinding {
  /** Line of the template, from 1. */
  readonly line: number;
  readonly sentence: string;
}

/** What Eta writes before each tag, when it is asked to debug. */
const MARK = /^__eta\.line=(\d+)$/;
/** The line after the last one that comes from the template. */
const END = "if (__eta.layout) {";
/** What the program says of itself. */
const OWN = "__eta.";
const NAME = "template";

/** A line of the program that Eta makes of a template. */
interface CodeLine {
  /** Where its tag begins in the template; 0 before the first one. */
  readonly tagLine: number;
  readonly text: string;
}

const codeLines = (program: string): readonly CodeLine[] => {
  let tagLine = 0;
  return program.split("\n").map((text) => {
    tagLine = Number(MARK.exec(text)?.[1] ?? tagLine);
    return { tagLine, text: text.trim() };
  });
};

/**
 * The line of a template that a line of its program comes from: the one with the same words where a tag has several lines,
 * else the one where the tag begins.
 *
 * @param at line of the program, from 1
 * @returns undefined for a line of Eta's own before the first tag
 */
const templateLine = (program: string, at: number, source: string): number | undefined => {
  const { tagLine = 0, text = "" } = codeLines(program)[at - 1] ?? {};
  if (tagLine === 0) return undefined;
  const within = source.split("\n").slice(tagLine - 1);
  const further = text === "" ? 0 : within.findIndex((line) => line.includes(text));
  return tagLine + Math.max(further, 0);
};

/** The statements of each tag, and where it begins. */
const tagsOf = (program: string): readonly CodeLine[] => {
  const tags: CodeLine[] = [];
  for (const { tagLine, text } of codeLines(program)) {
    if (text === END) break;
    const last = tags.at(-1);
    if (MARK.test(text)) tags.push({ tagLine, text: "" });
    else if (last !== undefined && !text.startsWith(OWN))
      tags[tags.length - 1] = { tagLine: last.tagLine, text: `${last.text}\n${text}`.trim() };
  }
  return tags;
};

/** A block that is not closed, or closed and not open: JavaScript itself finds that at the end only. */
const unbalanced = (program: string): SyntaxFinding | undefined => {
  const open: number[] = [];
  for (const { tagLine, text } of tagsOf(program)) {
    if (text.startsWith("}") && open.pop() === undefined)
      return { line: tagLine, sentence: "closes a block, and none is open" };
    if (text.endsWith("{")) open.push(tagLine);
  }
  const line = open.at(-1);
  return line === undefined ? undefined : { line, sentence: "begins a block that nothing closes" };
};

/** The stack of a SyntaxError begins with the place, which is nowhere else in it. */
const lineOfError = (error: SyntaxError): number =>
  Number(new RegExp(`^${NAME}:(\\d+)`).exec(error.stack ?? "")?.[1] ?? 1);

/**
 * Why JavaScript does not take the statements of a template.
 *
 * @param program what Eta has made of it
 */
export const syntaxFinding = (program: string, source: string): SyntaxFinding | undefined => {
  try {
    new Script(`(function (it, options) {${program}\n})`, { filename: NAME });
    return undefined;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const at = lineOfError(error);
    const end = codeLines(program).findIndex(({ text }) => text === END) + 1;
    const isOfBlocks = at >= end || error.message.startsWith("Missing catch");
    return (
      (isOfBlocks ? unbalanced(program) : undefined) ?? {
        line: templateLine(program, at, source) ?? 1,
        sentence: error.message,
      }
    );
  }
};

/** Two lines stand before the program when JavaScript makes a function of it. */
const BEFORE_PROGRAM = 2;
const FRAME = /<anonymous>:(\d+):\d+/g;

/**
 * Where in a template something went wrong while it was filled in.
 *
 * @returns undefined where what was thrown does not tell
 */
export const lineThatThrew = (
  thrown: unknown,
  program: string,
  source: string,
): number | undefined => {
  const stack = thrown instanceof Error ? (thrown.stack ?? "") : "";
  return [...stack.matchAll(FRAME)]
    .map(([, at]) => templateLine(program, Number(at) - BEFORE_PROGRAM, source))
    .find((line) => line !== undefined);
};
