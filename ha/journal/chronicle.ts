import type { Alarm, LastRoleChange } from "../control/contract.ts";
import type { AlarmName, Effect } from "../core/effect.ts";
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

export interface ChronicleParts {
  readonly journal: Journal;
  readonly now: () => Instant;
  readonly wallClock: () => Date;
  /** Writes the flight recorder down. */
  readonly saveRecording: (change: LastRoleChange) => void;
}

/** What happened to this node, in the words of the core: role changes and alarms, for the journal and the status. */
export class Chronicle {
  readonly #parts: ChronicleParts;
  readonly #alarms = new Map<AlarmName, Raised>();
  #lastRoleChange: LastRoleChange | null = null;
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: ChronicleParts) {
    this.#parts = parts;
  }

  roleChanged({ from, to, because, term }: Told<"roleChanged">): void {
    const change: LastRoleChange = {
      from,
      to,
      because,
      term,
      at: this.#parts.wallClock().toISOString(),
    };
    this.#lastRoleChange = change;
    this.#parts.journal.write("notice", `${from} -> ${to}: ${because}`, { from, to, term });
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#parts.saveRecording(change), RECORD_AFTER_MS);
    this.#timer.unref();
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
}
