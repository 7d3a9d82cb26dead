import type { Lane, RoleRecord } from "../../ha/core/effect.ts";
import type { Birth, DataFact } from "../../ha/core/state.ts";
import type { Instant } from "../../ha/core/time.ts";
import { instant } from "../../ha/core/time.ts";
import type { Agenda } from "./agenda.ts";
import type { Side } from "./network.ts";
import { Fault } from "./network.ts";
import type { Random } from "./random.ts";

export type Services = "closed" | "prepared" | "open";

const lanes = (): Readonly<Record<Lane, Fault>> => ({
  address: new Fault(),
  services: new Fault(),
});

/**
 * One computer: its kernel, its disk, its clock and the components it runs. All of it outlives the
 * daemon; the disk outlives the power.
 */
export class Machine {
  readonly side: Side;
  powered = false;
  /** The kernel has the shared address. */
  holds = false;
  services: Services = "closed";
  /** The whole node stands still, but for its kernel: it goes on answering for its addresses. */
  readonly frozen = new Fault();
  /** Only the daemon stands still. */
  readonly paused = new Fault();
  readonly unfit = new Fault();
  /** The service runs and answers nobody. */
  readonly sipDead = new Fault();
  readonly outOfSync = new Fault();
  /** On the disk: what its database is worth. */
  data: DataFact = "own";
  /** Its services were opened with an empty database, and nobody has looked at that yet. */
  openedEmpty = false;
  readonly slow = lanes();
  /** Steps take longer than they may, and land late all the same. */
  readonly stuck = lanes();
  readonly failing = lanes();
  readonly savesFail = new Fault();
  readonly savesSlow = new Fault();
  record: RoleRecord | undefined;
  #recordBefore: RoleRecord | undefined;
  /** Called when something changed that others on the LAN can see. */
  readonly #changed: () => void;
  readonly #agenda: Agenda;
  readonly #rate: number;
  #bootedAtMs = 0;
  #uptimeMs = 0;

  constructor(parts: { side: Side; agenda: Agenda; rate: number; changed: () => void }) {
    this.side = parts.side;
    this.#agenda = parts.agenda;
    this.#rate = parts.rate;
    this.#changed = parts.changed;
  }

  get name(): string {
    return this.side === 0 ? "sp1" : "sp2";
  }

  /** The monotonic clock of this machine: it starts anew with each boot and runs at its own rate. */
  get now(): Instant {
    return instant(this.#uptimeMs + (this.#agenda.nowMs - this.#bootedAtMs) * this.#rate);
  }

  /** How long the world takes for what this machine's clock calls `localMs`. */
  toWorld(localMs: number): number {
    return localMs / this.#rate;
  }

  /** What a daemon that starts now finds. */
  get birth(): Birth {
    const { now, record, holds, services, data } = this;
    return {
      at: now,
      record,
      holdsAddresses: holds,
      servicesRunning: services !== "closed",
      data,
    };
  }

  get processesRun(): boolean {
    return this.powered && !this.frozen.isOn;
  }

  /** Somebody on the LAN who asks for SIP at the shared address gets an answer from here. */
  get answersSip(): boolean {
    return this.processesRun && this.holds && this.services === "open" && !this.sipDead.isOn;
  }

  setHolds(holds: boolean): void {
    if (!this.powered || this.holds === holds) return;
    this.holds = holds;
    this.#changed();
  }

  setServices(services: Services): void {
    if (!this.powered) return;
    this.services = services;
    if (services !== "open" || this.data === "own") return;
    // It is written to from here on.
    this.data = "own";
    this.openedEmpty = true;
  }

  powerOn(random: Random): void {
    this.powered = true;
    this.#bootedAtMs = this.#agenda.nowMs;
    this.#uptimeMs = random.between(3_000, 6_000);
    this.#changed();
  }

  /** Everything that is not on the disk is gone; the last save may be, too. */
  powerOff(random: Random): void {
    this.powered = false;
    this.holds = false;
    this.services = "closed";
    if (random.chance(0.3)) this.record = this.#recordBefore;
    this.#changed();
  }

  save(record: RoleRecord): void {
    if (!this.powered) return;
    this.#recordBefore = this.record;
    this.record = record;
  }
}
