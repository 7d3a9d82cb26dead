import type { Effect, RoleRecord } from "../../ha/core/effect.ts";
import type { Command, HaEvent } from "../../ha/core/event.ts";
import type { LinkName, ReceivedHeartbeat } from "../../ha/core/heartbeat.ts";
import { LINKS } from "../../ha/core/heartbeat.ts";
import type { HaSettings } from "../../ha/core/settings.ts";
import type { HaState } from "../../ha/core/state.ts";
import { initialState } from "../../ha/core/state.ts";
import type { NextTick } from "../../ha/core/pace.ts";
import { nextTick } from "../../ha/core/pace.ts";
import { step } from "../../ha/core/step.ts";
import type { Instant } from "../../ha/core/time.ts";
import { elapsed } from "../../ha/core/time.ts";
import type { Agenda } from "./agenda.ts";
import type { Happening } from "./lanes.ts";
import { Lanes } from "./lanes.ts";
import { Links } from "./links.ts";
import type { Machine } from "./machine.ts";
import type { Sight } from "./senses.ts";
import { Senses } from "./senses.ts";
import { Ticks } from "./ticks.ts";

/** What the daemon sees of the world outside its machine. */
export interface Surroundings extends Sight {
  readonly agenda: Agenda;
  readonly transmit: (link: LinkName, datagram: ReceivedHeartbeat) => void;
  readonly secretsDiffer: () => boolean;
  readonly fencePeer: () => void;
  readonly fenceSelf: () => void;
  readonly exited: () => void;
  /** Told of each step of the core. */
  readonly witness: (daemon: Daemon, event: HaEvent, effects: readonly Effect[]) => void;
}

/**
 * The shell around the core, as ngcp-ha is built: one queue, ticks that coalesce, links, probes, lanes.
 * While it sleeps (its process is stopped, or the whole node is) everything waits: the tick goes first
 * when it wakes, then timers, then the newest datagram of each link, then the rest; and no heartbeat
 * leaves before the sockets have been read.
 */
export class Daemon {
  readonly machine: Machine;
  readonly settings: HaSettings;
  readonly #around: Surroundings;
  readonly #lanes: Lanes;
  readonly #links: Links;
  readonly #senses: Senses;
  readonly #queue: HaEvent[] = [];
  readonly #timersDue: (() => void)[] = [];
  readonly #newsDue: (() => void)[] = [];
  readonly #commands = new Map<number, number>();
  #state: HaState;
  #recordAsked: RoleRecord;
  #saving = false;
  #toSave: RoleRecord | undefined;
  #alive = true;
  #working = false;
  readonly #ticks: Ticks;
  #readingSockets = false;
  #heldBack: Extract<Effect, { kind: "sendHeartbeat" }> | undefined;
  #lastTickAt: Instant;
  #commandCount = 0;
  /** Since when it has been running without a pause, in the world's time. */
  runningSinceMs: number;

  constructor(machine: Machine, settings: HaSettings, around: Surroundings) {
    this.machine = machine;
    this.settings = settings;
    this.#around = around;
    this.runningSinceMs = around.agenda.nowMs;
    const { random } = around;
    this.#links = new Links(settings, random.integer(0, 0xffffffff).toString(16));
    this.#lanes = new Lanes({
      machine,
      random,
      post: (happening) => this.#post(happening),
      timer: (localMs, action) => this.#later(localMs, action, this.#timersDue),
      outside: (localMs, action) => around.agenda.in(machine.toWorld(localMs), action),
      fencePeer: around.fencePeer,
      recordAsked: () => this.#recordAsked,
    });
    this.#state = initialState(machine.birth);
    this.#recordAsked = this.#state.recordAsked;
    this.#lastTickAt = machine.now;
    this.#senses = new Senses(machine, around, {
      post: (happening) => this.#post(happening),
      news: (localMs, action) => this.#news(localMs, action),
      state: () => this.#state,
    });
    this.#ticks = new Ticks({
      machine,
      in: (localMs, action) => around.agenda.in(machine.toWorld(localMs), action),
      random,
      isAlive: () => this.#alive,
      isAwake: () => this.isAwake,
      tick: () => this.#tick(),
    });
    this.#ticks.next(this.#nextTick());
  }

  get state(): HaState {
    return this.#state;
  }

  get isAlive(): boolean {
    return this.#alive;
  }

  get isAwake(): boolean {
    return this.#alive && this.machine.processesRun && !this.machine.paused.isOn;
  }

  get mayStillAdd(): boolean {
    return this.#lanes.mayStillAdd;
  }

  /** Commands that wait for their answer, and since when in the world's time. */
  get unanswered(): ReadonlyMap<number, number> {
    return this.#commands;
  }

  command(command: Command): void {
    this.#commandCount += 1;
    const id = this.#commandCount;
    this.#news(0.2, () => {
      this.#commands.set(id, this.#around.agenda.nowMs);
      this.#post({ kind: "commandReceived", id, command });
    });
  }

  shutDown = (): void => this.#news(0.2, () => this.#post({ kind: "shutdownRequested" }));

  receive(link: LinkName, datagram: ReceivedHeartbeat): void {
    if (!this.#alive) return;
    if (this.isAwake) this.#read(link, datagram);
    else this.#links.keep(link, datagram);
  }

  carrierChanged(link: LinkName): void {
    this.#senses.carrierChanged(link);
  }

  /** Somebody else removed or added the address. */
  addressesChanged(): void {
    this.#news(this.#around.random.between(0.2, 2), () =>
      this.#post({ kind: "addressesSeen", held: this.machine.holds }),
    );
  }

  /** More happened at once than its queue holds. */
  overrun(): void {
    this.#news(0.2, () => this.#post({ kind: "queueOverrun" }));
  }

  /** Killed, or its machine lost power. */
  die(): void {
    this.#alive = false;
    this.#lanes.end();
  }

  wake(): void {
    if (!this.isAwake) return;
    this.runningSinceMs = this.#around.agenda.nowMs;
    const { heartbeatMs, tickMs } = this.settings;
    this.#readingSockets = elapsed(this.#ticks.dueAt, this.machine.now) > heartbeatMs - tickMs;
    this.#ticks.wake();
    for (const action of this.#timersDue.splice(0)) action();
    for (const link of LINKS) {
      const datagram = this.#links.takeWaiting(link);
      if (datagram !== undefined) this.#read(link, datagram);
    }
    this.#readingSockets = false;
    const held = this.#heldBack;
    this.#heldBack = undefined;
    if (held !== undefined) this.#send(held);
    for (const action of this.#newsDue.splice(0)) action();
  }

  #later(localMs: number, action: () => void, whileAsleep: (() => void)[]): void {
    this.#around.agenda.in(this.machine.toWorld(localMs), () => {
      if (!this.#alive) return;
      if (this.isAwake) action();
      else whileAsleep.push(() => this.#alive && action());
    });
  }

  #news(localMs: number, action: () => void): void {
    this.#later(localMs, action, this.#newsDue);
  }

  #tick(): void {
    this.#lastTickAt = this.machine.now;
    this.#post({ kind: "tick" });
  }

  #nextTick(): NextTick {
    return nextTick(this.#state, this.settings, this.#lastTickAt);
  }

  #post(happening: Happening): void {
    if (!this.#alive) return;
    this.#queue.push({ ...happening, at: this.machine.now });
    if (this.#working) return;
    this.#working = true;
    for (let event = this.#queue.shift(); event !== undefined; event = this.#queue.shift()) {
      this.#work(event);
      if (event.kind === "tick") this.#ticks.next(this.#nextTick());
      else this.#ticks.hasten(this.#nextTick());
    }
    this.#working = false;
    if (happening.kind !== "tick" && this.#ticks.mayCome) this.#tick();
  }

  #work(event: HaEvent): void {
    if (!this.#alive) return;
    const { state, effects } = step(this.#state, event, this.settings);
    this.#state = state;
    this.#around.witness(this, event, effects);
    for (const effect of effects) this.#perform(effect);
  }

  #send(effect: Extract<Effect, { kind: "sendHeartbeat" }>): void {
    if (this.#readingSockets) {
      this.#heldBack = effect;
      return;
    }
    const datagram = this.#links.send(effect.heartbeat, this.machine.now);
    for (const link of LINKS) this.#around.transmit(link, datagram);
  }

  #perform(effect: Effect): void {
    switch (effect.kind) {
      case "sendHeartbeat":
        this.#send(effect);
        return;
      case "runStep":
        this.#lanes.run(effect);
        return;
      case "saveRecord":
        this.#save(effect.record);
        return;
      case "probePeerService":
        this.#senses.askNeighbour();
        this.#senses.askService();
        return;
      case "probeNeighbour":
        this.#senses.askNeighbour();
        return;
      case "answerCommand":
        this.#commands.delete(effect.id);
        return;
      case "fenceSelf":
        this.#around.fenceSelf();
        return;
      case "exit":
        this.#news(1, this.#around.exited);
        return;
      case "stopWaitingForPeer":
      case "announceSharedAddresses":
      case "roleChanged":
      case "alarmRaised":
      case "alarmCleared":
    }
  }

  #read(link: LinkName, datagram: ReceivedHeartbeat): void {
    if (this.#around.secretsDiffer()) {
      this.#post({ kind: "datagramRefused", link, reason: "unverified" });
      return;
    }
    const admitted = this.#links.admit(link, datagram, this.machine.now);
    if (admitted !== undefined) this.#post({ kind: "heartbeatReceived", link, ...admitted });
  }

  /** One save at a time; the newest of what was asked meanwhile is next. */
  #save(record: RoleRecord): void {
    this.#recordAsked = record;
    this.#toSave = record;
    if (!this.#saving) this.#saveNext();
  }

  #saveNext(): void {
    const record = this.#toSave;
    this.#saving = record !== undefined;
    if (record === undefined) return;
    this.#toSave = undefined;
    const { random } = this.#around;
    const longest = this.machine.savesSlow.isOn ? 1_500 : 12;
    this.#news(random.between(1, longest), () => {
      if (!this.machine.savesFail.isOn) {
        this.machine.save(record);
        this.#post({ kind: "recordSaved", term: record.term });
      }
      this.#saveNext();
    });
  }
}
