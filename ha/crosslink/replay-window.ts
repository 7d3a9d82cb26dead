import type { LinkName, ReceivedHeartbeat } from "../core/heartbeat.ts";

/**
 * What a verified heartbeat is worth:
 * `first` news of the peer; `copy` the same news, or slightly older, on another link: that link
 * works; `replayed` a datagram that was here before, came too late, or is of an ended session.
 */
export type Admission = "first" | "copy" | "replayed";

/** A copy this many heartbeats behind the newest is late: it no longer says that the peer is alive. */
const LATE_COPIES = 4;
/** A session cannot end and another begin within this time: a daemon takes longer to start. */
const SESSION_GRACE_MS = 100;
const RETIRED_MAX = 64;

/**
 * Lets each heartbeat of the peer in once for each link. A session is random and new at each start
 * of the peer, so two sessions cannot be ordered by themselves: a new one must echo this node's
 * own session, or find the old one silent. A session that was replaced never comes back.
 */
export class ReplayWindow {
  readonly #ownSession: string;
  readonly #retired: string[] = [];
  readonly #linkSequence = new Map<LinkName, number>();
  #session: string | undefined;
  #sequence = 0;
  #heardAt = 0;

  constructor(ownSession: string) {
    this.#ownSession = ownSession;
  }

  /** The peer's session, once it was heard. */
  get session(): string | undefined {
    return this.#session;
  }

  /** The newest sequence of that session. */
  get sequence(): number {
    return this.#sequence;
  }

  /** @param at now, in milliseconds on the monotonic clock */
  admit(link: LinkName, heartbeat: ReceivedHeartbeat, at: number): Admission {
    if (heartbeat.session !== this.#session) {
      if (!this.#mayBegin(heartbeat, at)) return "replayed";
      this.#begin(heartbeat.session);
    }
    const { sequence } = heartbeat;
    if (sequence <= (this.#linkSequence.get(link) ?? -1)) return "replayed";
    if (sequence <= this.#sequence - LATE_COPIES) return "replayed";
    this.#linkSequence.set(link, sequence);
    if (sequence <= this.#sequence) return "copy";
    this.#sequence = sequence;
    this.#heardAt = at;
    return "first";
  }

  #mayBegin(heartbeat: ReceivedHeartbeat, at: number): boolean {
    if (this.#retired.includes(heartbeat.session)) return false;
    return (
      this.#session === undefined ||
      heartbeat.echoSession === this.#ownSession ||
      at - this.#heardAt >= SESSION_GRACE_MS
    );
  }

  #begin(session: string): void {
    if (this.#session !== undefined) {
      this.#retired.push(this.#session);
      if (this.#retired.length > RETIRED_MAX) this.#retired.shift();
    }
    this.#session = session;
    this.#sequence = 0;
    this.#linkSequence.clear();
  }
}
