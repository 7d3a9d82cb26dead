/** What went wrong, in one line for the journal: the message, and those of its causes that it does not repeat. */
export const describe = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  const own = error.message === "" ? error.name : error.message;
  if (error.cause === undefined) return own;
  const cause = describe(error.cause);
  return own.includes(cause) ? own : `${own}: ${cause}`;
};
