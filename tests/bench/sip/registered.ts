export interface Likeness {
  /** The subscriber whose row is copied; it has one. */
  readonly of: string;
  /** Where its phone is, and where those of the copies are. */
  readonly at: string;
  readonly elsewhere: string;
  /** The copies are of the subscribers `u<first>` to `u<last>`. */
  readonly first: number;
  readonly last: number;
}

/** What each column of a copy `s.seq` of the row `l` gets; what is no phone's own is as the proxy wrote it. */
export const rowLike = (
  columns: readonly string[],
  { of, at, elsewhere }: Pick<Likeness, "of" | "at" | "elsewhere">,
): ReadonlyMap<string, string> => {
  const moved = (column: string): string => `REPLACE(l.${column}, '${at}', '${elsewhere}')`;
  const own: Readonly<Record<string, string>> = {
    ruid: "CONCAT(l.ruid, '-', s.seq)",
    username: "CONCAT('u', s.seq)",
    contact: `REPLACE(${moved("contact")}, 'sip:${of}@', CONCAT('sip:u', s.seq, '@'))`,
    received: moved("received"),
    path: moved("path"),
    expires: "l.expires + INTERVAL 1 DAY",
    callid: "CONCAT(s.seq, '-', l.callid)",
  };
  const given = columns.filter((column) => column !== "id");
  return new Map(given.map((column) => [column, own[column] ?? `l.\`${column}\``]));
};

/**
 * A statement that registers subscribers for a day as the proxy has registered another one.
 *
 * @param columns all that `location` has
 */
export const registerLike = (columns: readonly string[], likeness: Likeness): string => {
  const { of, first, last } = likeness;
  const row = rowLike(columns, likeness);
  const named = [...row.keys()].map((column) => `\`${column}\``).join(", ");
  const values = [...row.values()].join(", ");
  return `INSERT INTO kamailio.location (${named}) SELECT ${values} FROM kamailio.location l JOIN kamailio.seq_${first}_to_${last} s WHERE l.username = '${of}'`;
};
