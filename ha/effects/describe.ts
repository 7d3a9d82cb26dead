/** What went wrong, in one line for the journal: the message, and the messages of its causes. */
export const describe = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  const own = error.message === "" ? error.name : error.message;
  return error.cause === undefined ? own : `${own}: ${describe(error.cause)}`;
};
