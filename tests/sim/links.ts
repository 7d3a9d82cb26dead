import type { Heartbeat, LinkName, ReceivedHeartbeat } from "../../ha/core/heartbeat.ts";
import type { HaSettings } from "../../ha/core/settings.ts";
import type { Millis } from "../../ha/core/time.ts";
import { ReplayWindow } from "../../ha/crosslink/replay-window.ts";
import { SendTimes } from "../../ha/crosslink/send-times.ts";

/** How many datagrams fit into a socket's buffer: what comes after is lost (208 KB, 768 bytes each). */
const SOCKET_HOLDS = 277;

interface Socket {
  readonly waiting: number;
  readonly newest: ReceivedHeartbeat | undefined;
}

interface Admitted {
  readonly heartbeat: ReceivedHeartbeat;
  readonly unheardMs: Millis;
}

const EMPTY: Socket = { waiting: 0, newest: undefined };

/**
 * What the links add to a heartbeat and what they keep out: session, sequence and echo, duplicates,
 * what arrives late, and everything but the newest of what waited while the daemon slept.
 */
export class Links {
  readonly #settings: HaSettings;
  readonly #session: string;
  readonly #window: ReplayWindow;
  readonly #sendTimes: SendTimes;
  readonly #sockets: Record<LinkName, Socket> = { crosslink: EMPTY, lan: EMPTY };
  #sequence = 0;
  #newest: ReceivedHeartbeat | undefined;

  constructor(settings: HaSettings, session: string) {
    this.#settings = settings;
    this.#session = session;
    this.#window = new ReplayWindow(session);
    this.#sendTimes = new SendTimes(session);
  }

  /** @param at now, on the clock of this node */
  send(heartbeat: Heartbeat, at: number): ReceivedHeartbeat {
    this.#sequence += 1;
    this.#sendTimes.note(this.#sequence, at);
    const { node, role, term, handover, forced, eligible, willing } = heartbeat;
    const { lastHeldTerm, inSync, lanCarrier, pingNodesReached, understands } = heartbeat;
    const { configuration, pairServed } = heartbeat;
    return {
      node,
      role,
      term,
      handover,
      forced,
      eligible,
      willing,
      lastHeldTerm,
      inSync,
      lanCarrier,
      pingNodesReached,
      configuration,
      understands,
      pairServed,
      session: this.#session,
      sequence: this.#sequence,
      echoSession: this.#window.session,
      echoSequence: this.#window.sequence,
      deadMs: this.#settings.deadMs,
      sharedAddressesHash: this.#settings.sharedAddressesHash,
      version: this.#settings.version,
    };
  }

  /** @returns what the daemon is told, if the datagram is worth telling */
  admit(link: LinkName, datagram: ReceivedHeartbeat, at: number): Admitted | undefined {
    const admission = this.#window.admit(link, datagram, at);
    if (admission === "replayed") return undefined;
    if (admission === "first") this.#newest = datagram;
    const heartbeat = this.#newest ?? datagram;
    return { heartbeat, unheardMs: this.#sendTimes.unheardMs(heartbeat, at) };
  }

  /** The daemon sleeps: its socket keeps the datagram. */
  keep(link: LinkName, datagram: ReceivedHeartbeat): void {
    const { waiting } = this.#sockets[link];
    if (waiting < SOCKET_HOLDS) this.#sockets[link] = { waiting: waiting + 1, newest: datagram };
  }

  /** The daemon woke up and reads its sockets: only the newest of each link counts. */
  takeWaiting(link: LinkName): ReceivedHeartbeat | undefined {
    const { newest } = this.#sockets[link];
    this.#sockets[link] = EMPTY;
    return newest;
  }
}
