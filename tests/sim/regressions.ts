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
    seed: 14286,
    because:
      "a standby whose ping nodes came back took over in the same moment, from a peer that it could not hear and that had been told that it would not: it waits for as long as after a regained carrier",
  },
  {
    seed: 14470,
    because:
      "a daemon restarted and adopted the address while the peer, which it cannot hear, had taken over: the peer knows and yields after two heartbeats, not within the time of a thaw",
  },
  {
    seed: 14228,
    because:
      "an active node whose address was removed by somebody never tried again after its first attempt to add it had failed",
  },
  {
    seed: 14900,
    because:
      "a node that fenced itself did not reboot while its kernel had not answered whether the address was added, and got it after all when the peer held it",
  },
  {
    seed: 3479,
    because:
      "both nodes of a new pair lost what they had last recorded, and the one whose disk was replaced began with an empty database beside a peer that had the data: whoever has data says so, whatever its record says",
  },
];
