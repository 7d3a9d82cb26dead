import type { EchoPort } from "../effects/echo.ts";
import type { Every } from "../rounds.ts";

export interface PingNodesOptions {
  readonly hosts: readonly string[];
  /** Asks the hosts, by their place in the list. */
  readonly echo: EchoPort;
  /** Milliseconds on the monotonic clock. */
  readonly now: () => number;
  /** As soon as every host has answered or had the time to, then when the number changes. */
  readonly onReached: (reached: number, total: number) => void;
  /** The kernel refuses what is sent to a host, told once until it takes something again. */
  readonly onFailure: (host: string, error: unknown) => void;
  readonly every: Every;
}

/** A host is silent when it has left this many requests unanswered, and the first of them for so long. */
const LOST = 2;
const SILENT_MS = 500;
const LOOK_MS = 100;
/** Every second look is followed by a request: 200 ms. */
const LOOKS_PER_REQUEST = 2;
/** Before that nothing is told of a host that has not answered. */
const EARLY_MS = 700;
const SEQUENCES = 0x10000;

/** A host as its answers show it. */
interface Asked {
  answered: boolean;
  /** When the requests were sent that nothing has answered, nor a later one: the oldest first. */
  unanswered: { readonly sequence: number; readonly at: number }[];
  refused: boolean;
}

/**
 * Asks the ping nodes all the time, in turns that come anyhow: a program that pinged, one for each node, woke the daemon
 * ten times a second, a fifth of its processor time at rest (docs/decisions/0023). Since whether a host is silent is
 * counted from requests that were sent, a pause of this process is no silence of theirs.
 */
export class PingNodes {
  readonly #options: PingNodesOptions;
  readonly #asked: readonly Asked[];
  #startedAt = 0;
  #looks = 0;
  #sequence = 0;
  #told: number | undefined;
  #endLooks: (() => void) | undefined;

  constructor(options: PingNodesOptions) {
    this.#options = options;
    this.#asked = options.hosts.map(() => ({ answered: false, unanswered: [], refused: false }));
  }

  start(): void {
    this.#startedAt = this.#options.now();
    this.#ask();
    this.#endLooks = this.#options.every(LOOK_MS, () => this.#look());
  }

  stop(): void {
    this.#endLooks?.();
    this.#options.echo.close();
  }

  #look(): void {
    this.#looks += 1;
    this.#read();
    this.#tell();
    if (this.#looks % LOOKS_PER_REQUEST === 0) this.#ask();
  }

  #read(): void {
    const awaited = this.#asked.reduce((sum, { unanswered }) => sum + unanswered.length, 0);
    for (const { host, sequence } of this.#options.echo.answers(awaited)) {
      const asked = this.#asked[host];
      const place = asked?.unanswered.findIndex((request) => request.sequence === sequence) ?? -1;
      if (asked === undefined || place < 0) continue;
      asked.answered = true;
      asked.unanswered = asked.unanswered.slice(place + 1);
    }
  }

  #ask(): void {
    const { hosts, echo, now, onFailure } = this.#options;
    this.#sequence = (this.#sequence + 1) % SEQUENCES;
    const request = { sequence: this.#sequence, at: now() };
    for (const [index, asked] of this.#asked.entries()) {
      asked.unanswered = keptOf(asked.unanswered, request);
      try {
        echo.ask(index, this.#sequence);
        asked.refused = false;
      } catch (error) {
        if (!asked.refused) onFailure(hosts[index] ?? "", error);
        asked.refused = true;
      }
    }
  }

  #tell(): void {
    const { hosts, now, onReached } = this.#options;
    const at = now();
    const reached = this.#asked.filter((asked) => isReached(asked, at)).length;
    const isEarly = this.#told === undefined && at - this.#startedAt < EARLY_MS;
    if (reached === this.#told || (isEarly && reached < hosts.length)) return;
    this.#told = reached;
    onReached(reached, hosts.length);
  }
}

/** Answers later than this count no more; the first of a silence stays, since the silence is counted from it. */
const KEPT = 16;

const keptOf = (unanswered: Asked["unanswered"], request: Asked["unanswered"][number]) => {
  const all = [...unanswered, request];
  return all.length <= KEPT ? all : [...all.slice(0, 1), ...all.slice(2)];
};

const isReached = ({ answered, unanswered }: Asked, at: number): boolean => {
  const [oldest] = unanswered;
  return (
    answered && (oldest === undefined || unanswered.length < LOST || at - oldest.at < SILENT_MS)
  );
};
