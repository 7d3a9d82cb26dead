/** A failure an operator may meet. `code` is stable and listed in docs/errors.md; `message` is prose. */
export abstract class ApplianceError extends Error {
  abstract readonly code: `NGCP_${string}`;
}
