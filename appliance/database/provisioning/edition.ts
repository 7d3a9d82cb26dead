/** Their table, as the binary log names it. */
export const EDITIONS = "`kamailio`.`editions`";

const INSERT = `INSERT INTO ${EDITIONS} () VALUES ()`;
/** So far behind the newest that no other transaction is about to write one there: this waits for nobody who waits for it. */
const FORGET = `DELETE FROM ${EDITIONS} WHERE id <= CAST(LAST_INSERT_ID() AS SIGNED) - 200`;

interface Writes {
  readonly query: (statement: string) => Promise<unknown>;
}

/** Has the proxy ask anew: to be called in each transaction that changes what is provisioned. */
export const writeEdition = async (database: Writes): Promise<void> => {
  await database.query(INSERT);
  await database.query(FORGET);
};
