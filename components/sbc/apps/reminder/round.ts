import type { Database } from "../../../../appliance/database/client.ts";
import type { ReminderSettings } from "../settings.ts";
import { activeReminders, claim, close, settle } from "./calls.ts";
import type { Entry } from "./calls.ts";
import { settled, stepFor } from "./plan.ts";
import type { Call, Step, View } from "./plan.ts";
import type { Rung } from "./ring.ts";
import { zoneNamed } from "./zone.ts";

/** What the reminders work with. */
export interface ReminderGround {
  readonly settings: () => ReminderSettings;
  /** A connection of its own; it is ended here. */
  readonly connect: () => Promise<Database>;
  readonly ring: (entry: Entry, settings: ReminderSettings) => Promise<Rung>;
  /** Has itself called back when the B2BUA that carries the calls is gone, at once when none is; what it returns undoes that. */
  readonly onLost: (abandon: () => void) => () => void;
  /** Unix seconds. */
  readonly now: () => number;
  readonly say: (sentence: string) => void;
  /** Names this process among all that ever were. */
  readonly owner: string;
}

type RingStep = Extract<Step, { readonly kind: "ring" }>;
type CloseStep = Extract<Step, { readonly kind: "close" }>;

/** Whoever has not been called yet comes before those that did not answer. */
const rankOf = (step: Step): number => (step.kind === "ring" ? step.attempt : 0);

/** Looks what is due, has it called, and writes what has become of it. */
export class Reminders {
  readonly #ground: ReminderGround;
  /** Ends of calls that the database has not taken yet, in the order in which they came. */
  readonly #unwritten: (readonly [Entry, Call])[] = [];
  /** There is one writer at a time. */
  #writing: Promise<void> | undefined;
  #calls = 0;

  constructor(ground: ReminderGround) {
    this.#ground = ground;
  }

  /**
   * One look. Calls go on when it resolves; those that are too many at once are for a later look.
   *
   * @throws what {@link Database} throws: on a node that is not active yet it is read-only, and nothing is claimed
   */
  async look(): Promise<void> {
    const { connect, settings, now, owner } = this.#ground;
    const limits = settings();
    const zone = zoneNamed(limits.timezone);
    await this.#writeEnds();
    const database = await connect();
    try {
      const view: View = { now: now(), zone, limits, owner };
      const steps = (await activeReminders(database)).map(
        (entry) => [entry, stepFor(entry.reminder, entry.call, view)] as const,
      );
      const inOrder = steps.toSorted(([, one], [, other]) => rankOf(one) - rankOf(other));
      for (const [entry, step] of inOrder) {
        if (step.kind === "close") await this.#close(database, entry, step);
        if (step.kind === "ring" && this.#calls < limits.atOnce) {
          const isMine = await claim(database, entry, { ...step, owner });
          if (isMine) void this.#call(entry, step, limits);
        }
      }
    } finally {
      await database.end();
    }
  }

  async #close(database: Database, entry: Entry, step: CloseStep): Promise<void> {
    const { owner, say } = this.#ground;
    const isMine = await close(database, entry, { ...step, owner });
    const when = new Date(step.dueAt * 1000).toISOString();
    if (isMine)
      say(`NGCP_REMINDER_MISSED: ${step.state}: ${entry.user}@${entry.domain}, due at ${when}`);
  }

  /** A call from its beginning until nothing is left of it. */
  async #call(entry: Entry, step: RingStep, limits: ReminderSettings): Promise<void> {
    const { ring, onLost } = this.#ground;
    let forget = (): void => undefined;
    const lost = new Promise<Rung>((resolve) => {
      forget = onLost(() => resolve({ ending: "lost", over: Promise.resolve() }));
    });
    this.#calls += 1;
    try {
      const { ending, over } = await Promise.race([ring(entry, limits), lost]);
      this.#conclude(
        entry,
        step,
        settled(ending, step.attempt, { now: this.#ground.now(), limits }),
      );
      await Promise.race([over, lost]);
    } finally {
      forget();
      this.#calls -= 1;
    }
  }

  #conclude(
    entry: Entry,
    { dueAt, attempt }: RingStep,
    after: Pick<Call, "state" | "nextAt">,
  ): void {
    const { owner } = this.#ground;
    this.#unwritten.push([entry, { dueAt, attempts: attempt, owner, ...after }]);
    // At once; what the database does not take now it takes at the next look, which says why it does not.
    this.#writeEnds().catch(() => undefined);
  }

  #writeEnds(): Promise<void> {
    this.#writing ??= this.#write().finally(() => (this.#writing = undefined));
    return this.#writing;
  }

  async #write(): Promise<void> {
    if (this.#unwritten.length === 0) return;
    const database = await this.#ground.connect();
    try {
      for (let end = this.#unwritten[0]; end !== undefined; end = this.#unwritten[0]) {
        const [entry, call] = end;
        await settle(database, entry, call);
        this.#unwritten.shift();
        if (call.state === "unanswered")
          this.#ground.say(
            `NGCP_REMINDER_MISSED: unanswered: ${entry.user}@${entry.domain}, due at ${new Date(call.dueAt * 1000).toISOString()}`,
          );
      }
    } finally {
      await database.end();
    }
  }
}
