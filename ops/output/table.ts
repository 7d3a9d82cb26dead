const GAP = "  ";

/** Rows with their columns aligned; the last column is not padded. */
export const table = (rows: readonly (readonly string[])[]): readonly string[] => {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, cell.length);
    });
  }
  return rows.map((row) =>
    row
      .map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column] ?? 0)))
      .join(GAP)
      .trimEnd(),
  );
};

/** A title before the first of `rows` and blanks of the same width before the others. */
export const titled = (title: string, width: number, rows: readonly string[]): readonly string[] =>
  rows.map((row, index) => `${(index === 0 ? title : "").padEnd(width)}${row}`.trimEnd());
