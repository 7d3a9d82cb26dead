/* What came of a code that a subscriber has dialled. */

/** What the caller is told. `done` is the state that holds now. */
export interface Outcome {
  readonly status: 200 | 403 | 404;
  /** In ASCII without quotes: it becomes part of a header. */
  readonly sentence: string;
}

export const done = (sentence: string): Outcome => ({ status: 200, sentence });
