/** One application that is connected: what the SIP side knows of its connection. */
export interface Link {
  /** What it is called by: calls name one of these. */
  readonly tags: ReadonlySet<string>;
  /** The methods whose requests it takes, in lower case. */
  readonly verbs: ReadonlySet<string>;
  /** Sends a payload, or drops the connection when too much waits to be read. */
  say(payload: string): void;
}
