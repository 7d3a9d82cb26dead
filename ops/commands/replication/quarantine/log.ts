/** What rows.txt, as `mariadb-binlog -v` writes it, says of the columns of a row: their texts, the first column first. */
export type Image = readonly string[];

/** One row that a statement wrote. */
export interface RowChange {
  /** `schema`.`table`, quoted. */
  readonly table: string;
  /** Absent for a row that was inserted. */
  readonly before: Image | undefined;
  /** Absent for a row that was deleted. */
  readonly after: Image | undefined;
}

/** What a folder of the quarantine holds, in the order in which it was written. */
export interface SavedLog {
  readonly changes: readonly RowChange[];
  /** Numbers of transactions that changed tables and not rows. */
  readonly definitions: readonly string[];
}

const HEAD = /^### (INSERT INTO|UPDATE|DELETE FROM) (`.+`\.`.+`)$/;
const PART = /^### (WHERE|SET)$/;
const COLUMN = /^### {3}@(\d+)=(.*)$/;
const DEFINITION = /\tGTID (\d+-\d+-\d+) .*\bddl\b/;

type Part = "WHERE" | "SET";

/** Puts lines together to rows. */
class Reader {
  readonly changes: RowChange[] = [];
  readonly definitions: string[] = [];
  #table: string | undefined;
  #images: Record<Part, string[]> = { WHERE: [], SET: [] };
  #part: Part = "SET";

  line(line: string): void {
    const [, , table] = HEAD.exec(line) ?? [];
    if (table !== undefined) this.#begin(table);
    else if (!this.#inRow(line)) this.end();
    const [, gtid] = DEFINITION.exec(line) ?? [];
    if (gtid !== undefined) this.definitions.push(gtid);
  }

  #begin(table: string): void {
    this.end();
    this.#table = table;
    this.#images = { WHERE: [], SET: [] };
  }

  #inRow(line: string): boolean {
    if (this.#table === undefined) return false;
    const [, part] = PART.exec(line) ?? [];
    if (part === "WHERE" || part === "SET") this.#part = part;
    const [, number, value = ""] = COLUMN.exec(line) ?? [];
    if (number !== undefined) this.#images[this.#part][Number(number) - 1] = value;
    return part !== undefined || number !== undefined;
  }

  end(): void {
    const { WHERE, SET } = this.#images;
    const image = (texts: readonly string[]): Image | undefined =>
      texts.length === 0 ? undefined : texts;
    if (this.#table !== undefined)
      this.changes.push({ table: this.#table, before: image(WHERE), after: image(SET) });
    this.#table = undefined;
  }
}

/** @param text rows.txt, a character for each byte: strings hold any */
export const parseLog = (text: string): SavedLog => {
  const reader = new Reader();
  for (const line of text.split("\n")) reader.line(line);
  reader.end();
  return { changes: reader.changes, definitions: reader.definitions };
};
