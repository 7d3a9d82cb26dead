/** What Eta makes of a template: texts, with a newline written as backslash and n, and tags between them. */
export type Piece = string | { readonly t: string; readonly val: string; readonly lineNo?: number };

/** A file out of a template. */
export interface Rendered {
  readonly content: string;
  /** For each line of `content` the line of the template that it comes from; both start at 1. */
  readonly lines: readonly number[];
}

/** No configuration has these: they are kept free for private use by Unicode. */
const OPEN = "\uE000";
const CLOSE = "\uE001";
const MARK = new RegExp(`${OPEN}\\d+${CLOSE}`, "g");
/** Of several marks at the start of a line the last one stands before its text. */
const MARKS_AT_START = new RegExp(`^(?:${OPEN}(\\d+)${CLOSE})+`);
const ESCAPED = /\\([^])/g;

const newlinesIn = (text: string): number =>
  [...text.matchAll(ESCAPED)].filter(([, letter]) => letter === "n").length;

const mark = (line: number): string => `${OPEN}${line}${CLOSE}`;

const withMarks = (text: string, startLine: number): string => {
  let line = startLine;
  return (
    mark(line) +
    text.replace(ESCAPED, (pair, letter) => {
      if (letter !== "n") return pair;
      line += 1;
      return pair + mark(line);
    })
  );
};

/**
 * Marks the start of each line with its number in the template.
 *
 * @param pieces as Eta has read them, which tells where each tag stands
 * @param kept the same pieces, without the newlines at their start that leave no trace
 * @param lineCount lines of the template
 */
export const marked = (
  pieces: readonly Piece[],
  kept: readonly Piece[],
  lineCount: number,
): Piece[] =>
  kept.map((piece, index) => {
    const whole = pieces[index];
    if (typeof piece !== "string" || typeof whole !== "string") return piece;
    const next = pieces[index + 1];
    const endLine = typeof next === "object" ? (next.lineNo ?? lineCount) : lineCount;
    return withMarks(piece, endLine - newlinesIn(piece));
  });

/** Takes the marks out again, and keeps what they say. */
export const unmarked = (text: string): Rendered => {
  const lines: number[] = [];
  for (const line of text.split("\n")) {
    const [, number] = MARKS_AT_START.exec(line) ?? [];
    lines.push(number === undefined ? (lines.at(-1) ?? 1) : Number(number));
  }
  return { content: text.replaceAll(MARK, ""), lines };
};
