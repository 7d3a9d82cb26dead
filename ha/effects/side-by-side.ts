/** Waits for all of them, so that a failure of one does not leave the others unsettled, then throws the first failure. */
export const sideBySide = async (works: readonly Promise<void>[]): Promise<void> => {
  const results = await Promise.allSettled(works);
  const failed = results.find((result) => result.status === "rejected");
  if (failed !== undefined) throw failed.reason;
};
