const mustBeQuoted = /[",\r\n]/;

/** A value of a row as text: nothing is empty, a time is in ISO 8601, UTC. */
export const cellText = (value: unknown): string => {
  if (value instanceof Date) return value.toISOString();
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
};

const field = (value: unknown): string => {
  const text = cellText(value);
  return mustBeQuoted.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};

/** One record of RFC 4180, without its line end. */
export const csvLine = (values: readonly unknown[]): string => values.map(field).join(",");
