import type { Alarm, LastRoleChange } from "../control/contract.ts";
import type { AlarmName, Effect } from "../core/effect.ts";
import type { Role } from "../core/heartbeat.ts";
import type { Instant } from "../core/time.ts";
import { elapsed } from "../core/time.ts";
import type { Journal } from "./journal.ts";

type Told<Kind extends Effect["kind"]> = Extract<Effect, { kind: Kind }>;

interface Raised {
  readonly sentence: string;
  readonly since: Instant;
}

/** A recording is written when the role has not changed for this long: never on the path of a takeover. */
const RECORD_AFTER_MS = 10_000;
/** The change is written down after this time, and then alone where a takeover has made several. */
const SAVE_AFTER_MS = 1_000;

/** What a daemon before this one has left behind, of this or of an earlier boot. */
export interface Before {
  readonly change: LastRoleChange | null;
  /** The role that this node had until just now; undefined after a boot, and when no daemon ran for a while. */
  readonly role: Role | undefined;
}

/** A role that the daemon before this one began. */
export interface KeptRole {
  readonly because: string;
  readonly forMs: number;
}

export interface ChronicleParts {
  readonly journal: Journal;
  readonly now: () => Instant;
  readonly wallClock: () => Date;
  readonly before: Before;
  /** Writes the change down for the daemon after this one; it neither waits nor throws. */
  readonly saveChange: (change: LastRoleChange) => void;
  /** Writes the flight recorder down. */
  readonly saveRecording: (change: LastRoleChange) => void;
}

/** What happened to this node, in the words of the core: role changes and alarms, for the journal and the status. */
export class Chronicle {
  readonly #parts: ChronicleParts;
  readonly #alarms = new Map<AlarmName, Raised>();
  #lastRoleChange: LastRoleChange | null;
  /** True while the node has the role that it had before the daemon was started again. */
  #keepsRole = false;
  #recordTimer: NodeJS.Timeout | undefined;
  #saveTimer: NodeJS.Timeout | undefined;

  constructor(parts: ChronicleParts) {
    this.#parts = parts;
    this.#lastRoleChange = parts.before.change;
  }

  roleChanged({ from, to, because, term }: Told<"roleChanged">): void {
    const change: LastRoleChange = {
      from,
      to,
      because,
      term,
      at: this.#parts.wallClock().toISOString(),
    };
    this.#parts.journal.write("notice", `${from} -> ${to}: ${because}`, { from, to, term });
    clearTimeout(this.#recordTimer);
    this.#recordTimer = setTimeout(() => this.#parts.saveRecording(change), RECORD_AFTER_MS);
    this.#recordTimer.unref();
    const { before } = this.#parts;
    this.#keepsRole = from === "starting" && before.role === to && before.change?.to === to;
    if (!this.#keepsRole) this.#noteChange(change);
  }

  #noteChange(change: LastRoleChange): void {
    this.#lastRoleChange = change;
    clearTimeout(this.#saveTimer);
    this.#saveTimer = setTimeout(() => this.#parts.saveChange(change), SAVE_AFTER_MS);
    this.#saveTimer.unref();
  }

  alarmRaised({ alarm, sentence }: Told<"alarmRaised">): void {
    this.#alarms.set(alarm, { sentence, since: this.#parts.now() });
    this.#parts.journal.write("warning", sentence, { alarm });
  }

  alarmCleared({ alarm }: Told<"alarmCleared">): void {
    this.#alarms.delete(alarm);
    this.#parts.journal.write("notice", `the alarm ${alarm} is over`, { alarm });
  }

  alarms(): readonly Alarm[] {
    const now = this.#parts.now();
    return [...this.#alarms].map(([name, { sentence, since }]) => ({
      name,
      sentence,
      sinceMsAgo: Math.round(elapsed(since, now)),
    }));
  }

  lastRoleChange(): LastRoleChange | null {
    return this.#lastRoleChange;
  }

  /** Null where the role has begun in this life of the daemon, by whose clock it is measured then. */
  keptRole(): KeptRole | null {
    const change = this.#lastRoleChange;
    if (!this.#keepsRole || change === null) return null;
    const forMs = this.#parts.wallClock().getTime() - Date.parse(change.at);
    return { because: change.because, forMs: Math.max(0, forMs) };
  }
}
