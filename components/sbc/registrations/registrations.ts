import { setTimeout as delay } from "node:timers/promises";
import type { RegistrationLine } from "../control/contract.ts";
import type { Desk } from "../desk.ts";
import type { Guest } from "../shared.ts";
import { clientKey } from "../sip/matching.ts";
import type { SipResponse } from "../sip/message.ts";
import { randomToken } from "../transport.ts";
import type { CoreInput } from "../transport.ts";
import type { Flaw, Provisioned } from "./accounts.ts";
import { Agenda } from "./agenda.ts";
import { afterRegister } from "./outcome.ts";
import type { Attempt, Outcome } from "./outcome.ts";
import { reconciled } from "./reconcile.ts";
import { isRegistered, restoreRegistration, serializeRegistration } from "./registration.ts";
import type { Registration } from "./registration.ts";
import { contactOf, nextRegister } from "./request.ts";
import type { AccountSource } from "./source.ts";

/** What the settings leave open. */
const DEFAULTS = { expiresSeconds: 3_600, perSecond: 20 } as const;
/** How often it is looked for what is provisioned. */
const LOOK_MS = 5_000;
const READ_AGAIN_MS = 1_000;
/** How long a REGISTER waits whose number Redis has not taken. */
const SAVE_AGAIN_MS = 1_000;

interface Ground {
  readonly desk: Pick<Desk, "transport" | "settings" | "via" | "nextHop" | "vault" | "store">;
  /** Undefined without a database: what Redis has is kept registered. */
  readonly source: AccountSource | undefined;
  /** Told of what keeps the accounts from being read. */
  readonly onTrouble: (reason: string) => void;
}

interface Sent extends Attempt {
  readonly id: string;
  readonly expiresSeconds: number;
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : "unknown");

/**
 * Registers the subscribers that have accounts with peers there, one after the other. No REGISTER leaves before its number
 * is in Redis, by a write that another process which has taken over refuses.
 */
export class Registrations implements Guest {
  readonly #ground: Ground;
  readonly #registrations = new Map<string, Registration>();
  readonly #agenda = new Agenda();
  /** The REGISTERs that have no answer yet, by their transactions. */
  readonly #sent = new Map<string, Sent>();
  /** Of which registrations. */
  readonly #underWay = new Set<string>();
  /** Those that another REGISTER follows at once, and what has gone before. */
  readonly #following = new Map<string, Attempt>();
  #flaws: readonly Flaw[] = [];
  #edition: string | undefined;

  constructor(ground: Ground) {
    this.#ground = ground;
  }

  /** All deadlines of registrations are wall-clock times. */
  get deadline(): number {
    const { nextAt } = this.#agenda;
    const now = this.#ground.desk.transport.now();
    const waitMs = nextAt - Date.now();
    return waitMs <= 0 ? 0 : now + waitMs;
  }

  advance(): void {
    const perSecond = this.#ground.desk.settings.registrationsPerSecond ?? DEFAULTS.perSecond;
    const id = this.#agenda.take(Date.now(), perSecond);
    const registration = id === undefined ? undefined : this.#registrations.get(id);
    if (registration !== undefined) void this.#send(registration);
  }

  /** The answers to its own requests, and nothing else. */
  concerns(input: CoreInput): boolean {
    return (input.kind === "response" || input.kind === "failed") && this.#sent.has(input.key);
  }

  receive(input: CoreInput): void {
    if (input.kind === "response" && input.response.status >= 200)
      this.#answered(input.key, input.response);
    else if (input.kind === "failed") this.#answered(input.key, undefined);
  }

  /** Goes on with what the process before had registered, and from now on follows what is provisioned. */
  async begin(): Promise<never> {
    await this.#takeOver();
    for (;;) {
      await this.look();
      await delay(LOOK_MS);
    }
  }

  /** Looks for what is provisioned; while the database does not answer all stays as it is. */
  async look(): Promise<void> {
    const { source, onTrouble } = this.#ground;
    try {
      const provisioned = await source?.read(this.#edition);
      if (provisioned !== undefined) this.#follow(provisioned);
    } catch (error) {
      onTrouble(reasonOf(error));
    }
  }

  /** Of each account, in the order of ids; those that cannot be registered come last. */
  lines(): readonly RegistrationLine[] {
    const now = Date.now();
    const { desk } = this.#ground;
    const registrations = [...this.#registrations.values()].map((registration) =>
      lineOf(registration, contactOf(registration, this.#publicHost(desk)), now),
    );
    const flawed = this.#flaws.map(
      ({ subscriber, username, registrar, reason }): RegistrationLine => ({
        ...{ subscriber, username, registrar, reason },
        contact: "",
        state: "impossible",
      }),
    );
    const lines = [...registrations, ...flawed];
    return lines.toSorted((one, other) => (keyOf(one) < keyOf(other) ? -1 : 1));
  }

  #publicHost({ settings, transport }: Ground["desk"]): string {
    return settings.publicHost ?? transport.local.address;
  }

  async #takeOver(): Promise<void> {
    const { store, transport } = this.#ground.desk;
    for (;;) {
      const texts = await store.registrations();
      if (texts !== "unreadable") {
        for (const text of texts) {
          const registration = restoreRegistration(text);
          if (registration !== undefined) this.#keep(registration);
        }
        transport.rearm();
        return;
      }
      await delay(READ_AGAIN_MS);
    }
  }

  #follow({ edition, accounts, flaws }: Provisioned): void {
    const { vault, transport } = this.#ground.desk;
    const making = { nowMs: Date.now(), vault, newCallId: randomToken };
    for (const registration of reconciled(this.#registrations, accounts, making)) {
      this.#keep(registration);
      void this.#save(registration);
    }
    this.#flaws = flaws;
    this.#edition = edition;
    transport.rearm();
  }

  /** What has a REGISTER under way waits for its answer. */
  #keep(registration: Registration): void {
    const { id, dueAt } = registration;
    this.#registrations.set(id, registration);
    if (!this.#underWay.has(id)) this.#agenda.set(id, dueAt);
  }

  async #send(before: Registration): Promise<void> {
    const { desk } = this.#ground;
    const { id, leaving } = before;
    if (leaving === true && !isRegistered(before, Date.now())) {
      await this.#remove(id);
      return;
    }
    const attempt = this.#attemptOf(before);
    const expiresSeconds = leaving === true ? 0 : this.#expiresSeconds(before);
    const { request, registration } = nextRegister(before, {
      via: desk.via(),
      tag: randomToken(),
      cnonce: randomToken(),
      publicHost: this.#publicHost(desk),
      expiresSeconds,
      password: desk.vault.open(before.sealed),
    });
    this.#registrations.set(id, registration);
    this.#underWay.add(id);
    if (!(await this.#save(registration))) {
      this.#putOff(id, attempt);
      return;
    }
    this.#sent.set(clientKey(request), { ...attempt, id, expiresSeconds });
    desk.transport.request(request, desk.nextHop);
  }

  /** What has not been sent is due again soon, unless it has been taken away meanwhile. */
  #putOff(id: string, attempt: Attempt): void {
    this.#underWay.delete(id);
    if (!this.#registrations.has(id)) return;
    this.#following.set(id, attempt);
    this.#agenda.set(id, Date.now() + SAVE_AGAIN_MS);
    this.#ground.desk.transport.rearm();
  }

  #attemptOf({ id, leaving, sealed }: Registration): Attempt {
    const isLeaving = leaving === true;
    const following = this.#following.get(id);
    this.#following.delete(id);
    return following?.leaving === isLeaving && following.sealed === sealed
      ? following
      : { tries: 0, answering: false, leaving: isLeaving, sealed };
  }

  #expiresSeconds({ minExpires = 0 }: Registration): number {
    const { registrationExpiresSeconds } = this.#ground.desk.settings;
    return Math.max(minExpires, registrationExpiresSeconds ?? DEFAULTS.expiresSeconds);
  }

  #answered(key: string, response: SipResponse | undefined): void {
    const sent = this.#sent.get(key);
    const registration = sent === undefined ? undefined : this.#registrations.get(sent.id);
    this.#sent.delete(key);
    if (sent === undefined || registration === undefined) return;
    this.#underWay.delete(sent.id);
    const { expiresSeconds } = sent;
    const at = { nowMs: Date.now(), expiresSeconds, chance: Math.random() };
    this.#settle(sent, response, afterRegister(registration, sent, response, at));
    this.#ground.desk.transport.rearm();
  }

  #settle(
    { tries, leaving, sealed }: Sent,
    response: SipResponse | undefined,
    { registration, next }: Outcome,
  ): void {
    const { id } = registration;
    if (next === "gone") {
      void this.#remove(id);
      return;
    }
    this.#registrations.set(id, registration);
    if (next === "again") {
      const answering = response?.status === 401 || response?.status === 407;
      this.#following.set(id, { tries: tries + 1, answering, leaving, sealed });
      this.#agenda.setFirst(id);
      return;
    }
    this.#agenda.set(id, registration.dueAt);
    void this.#save(registration);
  }

  /** @returns whether Redis has it */
  #save(registration: Registration): Promise<boolean> {
    const { store } = this.#ground.desk;
    return store.saveRegistration(
      registration.id,
      serializeRegistration(registration, store.generation),
    );
  }

  async #remove(id: string): Promise<void> {
    this.#registrations.delete(id);
    this.#agenda.delete(id);
    await this.#ground.desk.store.removeRegistration(id);
  }
}

const keyOf = ({ subscriber, username, registrar }: RegistrationLine): string =>
  `${subscriber} ${registrar} ${username}`;

const lineOf = (registration: Registration, contact: string, nowMs: number): RegistrationLine => {
  const { subscriber, username, registrar, dueAt, expiresAt, reason, leaving } = registration;
  const state = isRegistered(registration, nowMs) ? "registered" : "unregistered";
  return {
    ...{ subscriber, username, registrar, contact },
    state: leaving === true ? "leaving" : state,
    nextAt: dueAt,
    ...(expiresAt === undefined ? {} : { expiresAt }),
    ...(reason === undefined ? {} : { reason }),
  };
};
