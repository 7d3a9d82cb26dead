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
  {
    seed: 7248,
    because:
      "a starting node that the peer could not hear claimed and added the address while the peer, for which it was silent, did the same: a claim is acted on only when a peer that lives has heard it",
  },
  {
    seed: 14228,
    because:
      "an active node whose address was removed by somebody never tried again after its first attempt to add it had failed",
  },
];
