import type { Database } from "../../../../appliance/database/client.ts";
import type { ReminderSettings } from "../settings.ts";
import { activeReminders, claim, close, settle } from "./calls.ts";
import type { Entry } from "./calls.ts";
import { settled, stepFor } from "./plan.ts";
import type { Call, Ending, Step, View } from "./plan.ts";
import { zoneNamed } from "./zone.ts";

/** What the reminders work with. */
export interface ReminderGround {
  readonly settings: () => ReminderSettings;
  /** A connection of its own; it is ended here. */
  readonly connect: () => Promise<Database>;
  readonly ring: (entry: Entry, settings: ReminderSettings) => Promise<Ending>;
  /** Resolves when the B2BUA that carries the calls is gone. */
  readonly lost: () => Promise<void>;
  /** Unix seconds. */
  readonly now: () => number;
  readonly say: (sentence: string) => void;
  /** Names this process among all that ever were. */
  readonly owner: string;
}

type RingStep = Extract<Step, { readonly kind: "ring" }>;

/** Looks what is due, has it called, and writes what has become of it. */
export class Reminders {
  readonly #ground: ReminderGround;
  /** Ends of calls that the database has not taken yet. */
  #unwritten: readonly (readonly [Entry, Call])[] = [];

  constructor(ground: ReminderGround) {
    this.#ground = ground;
  }

  /**
   * One look. Calls go on when it resolves.
   *
   * @throws what {@link Database} throws: on a node that is not active yet it is read-only, and nothing is claimed
   */
  async look(): Promise<void> {
    const { connect, settings, now, owner } = this.#ground;
    const limits = settings();
    const zone = zoneNamed(limits.timezone);
    const database = await connect();
    try {
      await this.#writeEnds(database);
      for (const entry of await activeReminders(database)) {
        const view = { now: now(), zone, limits, owner };
        await this.#take(database, entry, view);
      }
    } finally {
      await database.end();
    }
  }

  async #take(database: Database, entry: Entry, view: View): Promise<void> {
    const { owner, say } = this.#ground;
    const step = stepFor(entry.reminder, entry.call, view);
    if (step.kind === "nothing") return;
    if (step.kind === "ring") {
      if (await claim(database, entry, { ...step, owner })) void this.#ring(entry, step);
      return;
    }
    const isMine = await close(database, entry, { ...step, owner });
    const when = new Date(step.dueAt * 1000).toISOString();
    if (isMine)
      say(`NGCP_REMINDER_MISSED: ${step.state}: ${entry.user}@${entry.domain}, due at ${when}`);
  }

  async #ring(entry: Entry, { dueAt, attempt }: RingStep): Promise<void> {
    const { ring, lost, settings, now, owner } = this.#ground;
    const limits = settings();
    const gone = lost().then((): Ending => "lost");
    const ending = await Promise.race([ring(entry, limits), gone]);
    const after = settled(ending, attempt, { now: now(), limits });
    const call = { dueAt, attempts: attempt, owner, ...after };
    this.#unwritten = [...this.#unwritten, [entry, call]];
    await this.#writeSoon();
  }

  /** At once; what the database does not take now it takes at the next look. */
  async #writeSoon(): Promise<void> {
    try {
      const database = await this.#ground.connect();
      await this.#writeEnds(database).finally(() => database.end());
    } catch {
      // The next look says so.
    }
  }

  async #writeEnds(database: Database): Promise<void> {
    for (const end of this.#unwritten) {
      const [entry, call] = end;
      await settle(database, entry, call);
      this.#unwritten = this.#unwritten.filter((one) => one !== end);
      if (call.state === "unanswered")
        this.#ground.say(
          `NGCP_REMINDER_MISSED: unanswered: ${entry.user}@${entry.domain}, due at ${new Date(call.dueAt * 1000).toISOString()}`,
        );
    }
  }
}
