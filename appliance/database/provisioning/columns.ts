import type { Row } from "../client.ts";

/* Values of rows. */

export const text = (row: Row, column: string): string => {
  const value = row[column];
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
};
export const number = (row: Row, column: string): number => Number(row[column]);
export const flag = (row: Row, column: string): boolean => Number(row[column]) !== 0;
/** What an ENUM holds; the tables have its words, or newer ones that this program does not know. */
export const word = <Word extends string>(
  row: Row,
  column: string,
  words: readonly Word[],
): Word => {
  const found = words.find((one) => one === row[column]);
  if (found === undefined) throw new TypeError(`${column} holds ${text(row, column)}`);
  return found;
};
