import type { ReceivedHeartbeat } from "../core/heartbeat.ts";
import type { Millis } from "../core/time.ts";
import { millis } from "../core/time.ts";

/** More than the heartbeats of ten seconds, so that the oldest that matters is there. */
const KEPT = 256;

/**
 * When this node sent its last heartbeats: by the echo of the peer's it can be told how long the peer
 * has been deaf to this node (role-machine rule 17). A node that did not send does not blame the peer.
 */
export class SendTimes {
  readonly #sentAt = new Float64Array(KEPT);
  readonly #session: string;
  #newest = 0;
  #firstAt: number | undefined;
  #peerSession = "";
  #peerSince = 0;

  constructor(session: string) {
    this.#session = session;
  }

  note(sequence: number, at: number): void {
    this.#firstAt ??= at;
    this.#newest = sequence;
    this.#sentAt[sequence % KEPT] = at;
  }

  /** How long ago the oldest heartbeat was sent that the peer had not heard when it sent `heartbeat`; 0 when it had heard all. */
  unheardMs(heartbeat: ReceivedHeartbeat, now: number): Millis {
    if (heartbeat.session !== this.#peerSession) {
      this.#peerSession = heartbeat.session;
      this.#peerSince = now;
    }
    if (heartbeat.echoSession !== this.#session)
      return millis(
        this.#firstAt === undefined ? 0 : now - Math.max(this.#firstAt, this.#peerSince),
      );
    const next = Math.max(heartbeat.echoSequence + 1, this.#newest - KEPT + 1);
    return millis(next > this.#newest ? 0 : now - (this.#sentAt[next % KEPT] ?? now));
  }
}
