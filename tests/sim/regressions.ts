/** A seed that once failed, and in one sentence why. */
export interface Regression {
  readonly seed: number;
  readonly because: string;
}

export const REGRESSIONS: readonly Regression[] = [];
