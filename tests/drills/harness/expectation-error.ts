/** What the story says did not happen. */
export class ExpectationError extends Error {
  override readonly name: string = "ExpectationError";
}

/** The pair is in order but for a standby that says it has to be copied anew. */
export class DivergedError extends ExpectationError {
  override readonly name = "DivergedError";
}
