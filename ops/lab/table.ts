/** A plain table: a line of names, then the rows, columns as wide as they need to be. */
export const renderTable = (
  names: readonly string[],
  rows: readonly (readonly string[])[],
): string => {
  const lines = [names, ...rows];
  const widths = names.map((_, column) =>
    Math.max(...lines.map((line) => line[column]?.length ?? 0)),
  );
  return lines
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
};
