import { Eta, EtaParseError } from "eta";
import { ApplianceError } from "../errors.ts";
import type { Appliance } from "../model.ts";
import { lineThatThrew, syntaxFinding } from "./template-syntax.ts";
import { marked, type Piece, unmarked, type Rendered } from "./template-lines.ts";

/** What a template sees as `it`. */
export interface TemplateData {
  readonly appliance: Appliance;
}

export class TemplateError extends ApplianceError {
  override readonly name = "TemplateError";
  readonly code = "NGCP_TEMPLATE_INVALID";

  constructor(template: string, line: number | undefined, problem: string, options?: ErrorOptions) {
    super(`${template}${line === undefined ? "" : `:${line}`}: ${problem}`, options);
  }
}

/** Names that the language itself asks an object for. */
const ASKED_BY_LANGUAGE: readonly PropertyKey[] = ["toJSON", "then", "constructor"];

/** A view of `value` in which a name that is not there is an error, at any depth. */
const strict = (value: unknown, path: string): unknown => {
  if (typeof value !== "object" || value === null) return value;
  return new Proxy(value, {
    get: (target, name) => {
      const found: unknown = Reflect.get(target, name);
      if (typeof name === "symbol" || ASKED_BY_LANGUAGE.includes(name)) return found;
      const inner = Array.isArray(target) ? `${path}[${name}]` : `${path}.${name}`;
      if (!(name in target)) throw new Error(`${inner} does not exist`);
      return typeof found === "function" ? found : strict(found, inner);
    },
  });
};

/** A file's text is made of strings and numbers; anything else is a value that somebody forgot. */
const textOf = (value: unknown): string => {
  if (typeof value === "string") return value;
  if (typeof value === "number" && Number.isFinite(value)) return String(value);
  if (value === undefined || value === null) throw new Error("the value put in here is missing");
  // Not the value itself: it may hold the secrets of the pair.
  throw new Error(`the value put in here is no text and no number but ${kindOf(value)}`);
};

const kindOf = (value: unknown): string =>
  Array.isArray(value) ? "a list" : typeof value === "object" ? "a section" : `a ${typeof value}`;

const isStatement = (piece: Piece | undefined): boolean =>
  typeof piece === "object" && piece.t === "e";

/** Eta hands over text in which a newline is written as backslash and n. */
const ENDS_IN_LINE_START = /(?:^|[^\\])\\n[ \t]*$/;
const BLANK = /^[ \t]*$/;
const INDENTATION = /[ \t]*$/;
const REST_OF_LINE = /^[ \t]*\\n/;

/**
 * Takes away the lines that hold nothing but statements, so that a condition or a loop leaves no
 * trace in the file. A line that puts in a value keeps its end, which Eta's own trimming would take.
 */
const withoutStatementLines = (pieces: readonly Piece[]): Piece[] => {
  const startsLine = (index: number): boolean => {
    const piece = pieces[index];
    if (piece === undefined) return true;
    if (typeof piece !== "string") return isStatement(piece) && startsLine(index - 1);
    return (index === 0 && BLANK.test(piece)) || ENDS_IN_LINE_START.test(piece);
  };
  const endsLine = (index: number): boolean => {
    const piece = pieces[index];
    if (piece === undefined) return true;
    if (typeof piece !== "string") return isStatement(piece) && endsLine(index + 1);
    return REST_OF_LINE.test(piece);
  };
  return pieces.map((piece, index) => {
    if (typeof piece !== "string") return piece;
    const afterAlone = isStatement(pieces[index - 1]) && startsLine(index - 1);
    const kept = afterAlone ? piece.replace(REST_OF_LINE, "") : piece;
    const beforeAlone = isStatement(pieces[index + 1]) && startsLine(index) && endsLine(index + 1);
    return beforeAlone ? kept.replace(INDENTATION, "") : kept;
  });
};

/** Eta's own words for the place of a tag that does not end. */
const SAID_WHERE = / at line (\d+) col \d+:?$/;

const lineAt = (source: string, line: number): string =>
  (source.split("\n")[line - 1] ?? "").trim();

/** What cannot be read as a template at all: Eta says where a tag does not end, and only that the rest is wrong. */
const unreadable = (
  template: string,
  source: string,
  cause: EtaParseError,
  programOf: () => string,
): TemplateError => {
  const [said = "", detail = ""] = cause.message.split("\n").filter(Boolean);
  const line = SAID_WHERE.exec(said)?.[1];
  if (line !== undefined) {
    const problem = `${said.replace(SAID_WHERE, "")}: ${detail.trim()}`;
    return new TemplateError(template, Number(line), problem, { cause });
  }
  const found = syntaxFinding(programOf(), source);
  return found === undefined
    ? new TemplateError(template, undefined, said, { cause })
    : new TemplateError(
        template,
        found.line,
        `${found.sentence}, in: ${lineAt(source, found.line)}`,
        { cause },
      );
};

/**
 * Fills in one template, and knows of each line which one of the template it comes from. Nothing is escaped: these are configuration files, no web pages.
 *
 * @param template its path, for messages
 * @throws {TemplateError} with template and line, when the template cannot be read or a value is missing
 */
export const render = (template: string, source: string, data: TemplateData): Rendered => {
  const eta = new Eta({
    autoEscape: false,
    autoFilter: true,
    filterFunction: textOf,
    autoTrim: false,
    cache: false,
    debug: true,
    plugins: [
      {
        processAST: (pieces: readonly Piece[]) =>
          marked(pieces, withoutStatementLines(pieces), source.split("\n").length),
      },
    ],
  });
  eta.RuntimeErr = (error: unknown, _source, tagLine) => {
    // A template can throw anything, nothing too.
    const reason = error instanceof Error ? error.message : String(error);
    const line = lineThatThrew(error, eta.compileToString(source), source) ?? tagLine;
    throw new TemplateError(template, line, `${reason}, in: ${lineAt(source, line)}`, {
      cause: error,
    });
  };
  try {
    const text = eta.renderString(source, {
      appliance: strict(structuredClone(data.appliance), "it.appliance"),
    });
    return unmarked(text);
  } catch (error) {
    if (!(error instanceof EtaParseError)) throw error;
    throw unreadable(template, source, error, () => eta.compileToString(source));
  }
};
