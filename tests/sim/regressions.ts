/** A seed that once failed, and in one sentence why. */
export interface Regression {
  readonly seed: number;
  readonly because: string;
}

export const REGRESSIONS: readonly Regression[] = [
  {
    seed: 1629,
    because:
      "an active node whose LAN was blocked handed over, and when the standby's slow services were not ready in time it served on where nobody could reach it, instead of letting the peer take over",
  },
];
