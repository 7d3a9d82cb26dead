import type { Column } from "./values.ts";
import type { Image, RowChange } from "./log.ts";

/** What all that a node wrote alone comes to for one row. */
export interface NetChange {
  readonly table: string;
  readonly columns: readonly Column[];
  /** The row as it was before, which the active node should still have; undefined where there was none. */
  readonly before: Image | undefined;
  /** The row as it was in the end; undefined where it was deleted. */
  readonly after: Image | undefined;
}

/** Why rows cannot be let in, whatever the active node holds. */
export interface Unfit {
  readonly sentence: string;
  readonly rows: number;
}

const keyOf = (columns: readonly Column[], image: Image): string =>
  JSON.stringify(columns.flatMap(({ isKey }, index) => (isKey ? [image[index]] : [])));

const isSame = (one: Image | undefined, other: Image | undefined): boolean =>
  JSON.stringify(one) === JSON.stringify(other);

/** Why no row of this table can be let in. */
const unfitness = (
  { table, before, after }: RowChange,
  columns: readonly Column[] | undefined,
): string | undefined => {
  if (columns === undefined) return `${table} is not on the active node`;
  if (!columns.some(({ isKey }) => isKey)) return `${table} has no primary key to know a row by`;
  const images = [before, after].filter((image) => image !== undefined);
  return images.some((image) => image.length !== columns.length)
    ? `${table} has other columns than when the row was written`
    : undefined;
};

class Net {
  readonly #rows = new Map<string, NetChange>();

  /** A change of the key is the end of one row and the beginning of another. */
  add(columns: readonly Column[], { table, before, after }: RowChange): void {
    const moves =
      before !== undefined &&
      after !== undefined &&
      keyOf(columns, before) !== keyOf(columns, after);
    if (moves) {
      this.#fold(columns, { table, before, after: undefined });
      this.#fold(columns, { table, before: undefined, after });
    } else this.#fold(columns, { table, before, after });
  }

  #fold(columns: readonly Column[], { table, before, after }: RowChange): void {
    const image = before ?? after;
    if (image === undefined) return;
    const name = `${table} ${keyOf(columns, image)}`;
    const known = this.#rows.get(name);
    this.#rows.set(name, {
      table,
      columns,
      before: known === undefined ? before : known.before,
      after,
    });
  }

  get rows(): readonly NetChange[] {
    return [...this.#rows.values()].filter(({ before, after }) => !isSame(before, after));
  }
}

/** One change for each row, in the order in which rows were first written to; and what cannot be let in. */
export const netOf = (
  changes: readonly RowChange[],
  tables: ReadonlyMap<string, readonly Column[]>,
): { readonly rows: readonly NetChange[]; readonly unfit: readonly Unfit[] } => {
  const net = new Net();
  const unfit = new Map<string, number>();
  for (const change of changes) {
    const columns = tables.get(change.table);
    const why = unfitness(change, columns);
    if (why !== undefined) unfit.set(why, (unfit.get(why) ?? 0) + 1);
    else if (columns !== undefined) net.add(columns, change);
  }
  return { rows: net.rows, unfit: [...unfit].map(([sentence, rows]) => ({ sentence, rows })) };
};
