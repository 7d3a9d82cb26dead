/** What the story says did not happen. */
export class ExpectationError extends Error {
  override readonly name: string = "ExpectationError";
}
