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
  /** 1 when a call reached the phone behind NAT, which had not registered again since the fault; absent without phones. */
  readonly nat_reached?: number;
  /** 1 when a call reached the TLS phone, once it was connected. */
  readonly tls_reached?: number;
  /** From the fault until the TLS phone was registered over a new connection; null when its connection has held. */
  readonly tls_back_ms?: number | null;
  /** Of a drill with clients that write call records: rows that were acknowledged. */
  readonly rows_acked?: number;
  /** Acknowledged, and neither in the database nor saved. */
  readonly rows_lost?: number;
  /** Acknowledged, only on the node that died, and saved there when it came back. */
  readonly rows_quarantined?: number;
  /** Of those, brought back from there into both databases. */
  readonly rows_back?: number;
  /** From the fault until an alarm said so. */
  readonly alarm_ms?: number;
  /** From the loss of the crosslink to that of the power. */
  readonly between_ms?: number;
  /** The longest that an acknowledgement took. */
  readonly write_longest_ms?: number;
  /** What the tables took, of a drill whose time depends on it. Megabytes. */
  readonly data_mb?: number;
  /** From the return of what was broken until both stores were in sync. */
  readonly in_sync_s?: number;
}

export interface DrillRun {
  readonly drill: string;
  readonly run: number;
  readonly figures: Figures | null;
  /** Why the run failed; absent when it passed. */
  readonly failure?: string;
}
