/** What one run of a drill has measured. Milliseconds; null where the drill does not measure it. */
export interface Figures {
  readonly address_outage_ms: number | null;
  readonly sip_outage_ms: number | null;
  readonly rtp_gap_a_ms: number | null;
  readonly rtp_gap_b_ms: number | null;
  readonly both_held_ms: number;
  readonly calls_up: number;
  readonly calls_kept: number;
  readonly active_before: string;
  readonly active_after: string;
  /** The longest gap of the same client on the same pair before the fault: what the machine itself does. */
  readonly floor_ms: number;
}

export interface DrillRun {
  readonly drill: string;
  readonly run: number;
  readonly figures: Figures | null;
  /** Why the run failed; absent when it passed. */
  readonly failure?: string;
  /** What the pair needs a hand for after a run that passed. */
  readonly note?: string;
}
