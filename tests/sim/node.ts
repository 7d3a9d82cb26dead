import type { Command } from "../../ha/core/event.ts";
import type { HaSettings } from "../../ha/core/settings.ts";
import type { Agenda } from "./agenda.ts";
import type { Surroundings } from "./daemon.ts";
import { Daemon } from "./daemon.ts";
import type { Machine } from "./machine.ts";
import type { Random } from "./random.ts";

export interface NodeParts {
  readonly machine: Machine;
  readonly settings: HaSettings;
  readonly agenda: Agenda;
  readonly random: Random;
  readonly surroundings: (node: PairNode) => Surroundings;
  readonly tell: (node: PairNode, what: string) => void;
}

/** systemd warns a daemon that did not feed the watchdog for so long, and kills it a little later (decision 0008). */
const WATCHDOG_MS = 1_000;
const ABORT_MS = 300;
/** How long a node that fences itself waits for its kernel before it reboots. */
const RELEASE_WITHIN_MS = 60;
const STOP_TIMEOUT_MS = 20_000;
/** A third start within so long is the last: the address is removed and an operator is needed. */
const START_LIMIT_MS = 10_000;
const START_LIMIT = 3;

const all =
  (...actions: readonly (() => void)[]): (() => void) =>
  () => {
    for (const action of actions) action();
  };

/** One node: its machine and whatever daemon runs on it, as systemd looks after it. */
export class PairNode {
  readonly machine: Machine;
  readonly settings: HaSettings;
  daemon: Daemon | undefined;
  /** An operator has insisted that this node takes the role. */
  forced = false;
  readonly #parts: NodeParts;
  #starts: number[] = [];
  #boots = 0;
  #daemons = 0;
  /** A process that stands still does so until it is killed. */
  #endPause: () => void = () => undefined;

  constructor(parts: NodeParts) {
    this.#parts = parts;
    this.machine = parts.machine;
    this.settings = parts.settings;
  }

  /** How many daemons have run here: what tells one from the next. */
  get starts(): number {
    return this.#daemons;
  }

  powerOn(): void {
    if (this.machine.powered) return;
    this.#boots += 1;
    this.machine.powerOn(this.#parts.random);
    this.#starts = [];
    this.#parts.tell(this, "boots");
    this.startDaemon();
  }

  powerCut(offForMs: number): void {
    if (!this.machine.powered) return;
    this.#parts.tell(this, "loses power");
    this.machine.powerOff(this.#parts.random);
    this.#endDaemon();
    this.#parts.agenda.in(offForMs, () => this.powerOn());
  }

  startDaemon(): void {
    if (!this.machine.powered || this.daemon !== undefined) return;
    const nowMs = this.#parts.agenda.nowMs;
    this.#starts = [...this.#starts.filter((at) => nowMs - at < START_LIMIT_MS), nowMs];
    this.#parts.tell(
      this,
      `the daemon starts${this.machine.holds ? " and finds the address" : ""}`,
    );
    this.#daemons += 1;
    this.daemon = new Daemon(this.machine, this.settings, this.#parts.surroundings(this));
  }

  /** Kill -9, a fault of its own, or SIGUSR1: kernel and components go on as they are. */
  crash(restartAfterMs: number): void {
    if (this.daemon === undefined || !this.machine.processesRun) return;
    this.#parts.tell(this, "the daemon ends");
    this.#endDaemon();
    if (this.#rebootAfterMs !== undefined) {
      this.exited();
      return;
    }
    this.#later(restartAfterMs, () => this.#restart());
  }

  /** As `crash`, and before the next start somebody ran ngcp-ha-release. */
  crashWithRelease(restartAfterMs: number): void {
    const { daemon } = this;
    this.crash(restartAfterMs);
    if (daemon === undefined || daemon.isAlive) return;
    this.#later(this.#parts.random.between(40, 150), () => this.#release());
  }

  /**
   * The daemon could not give the address up in time: another process removes it, or the node reboots
   * when the kernel does not do even that. The watchdog, not fed any more, ends the daemon.
   */
  fence(): void {
    const { random } = this.#parts;
    const { daemon } = this;
    this.#later(random.between(8, 40), () => {
      if (!this.machine.stuck.address.isOn) this.removeAddress();
    });
    this.#later(RELEASE_WITHIN_MS, () => {
      if (this.machine.holds || daemon?.mayStillAdd === true)
        this.powerCut(random.between(1_500, 4_000));
    });
    this.#later(WATCHDOG_MS + ABORT_MS, () => {
      if (daemon === this.daemon) this.crash(random.between(200, 400));
    });
  }

  /** By hand, or by a network that is configured anew. */
  removeAddress(): void {
    if (!this.machine.holds) return;
    this.#parts.tell(this, "somebody removes the address");
    this.machine.setHolds(false);
    this.daemon?.addressesChanged();
  }

  pause(): () => void {
    this.#parts.tell(this, "the daemon stops running");
    const { daemon } = this;
    const cease = this.machine.paused.begin();
    let over = false;
    const end = (): void => {
      if (!over) cease();
      over = true;
    };
    this.#endPause = all(this.#endPause, end);
    this.#later(WATCHDOG_MS + ABORT_MS, () => {
      if (daemon !== undefined && daemon === this.daemon && this.#hasSleptSince(daemon)) {
        this.#parts.tell(this, "the watchdog is not fed");
        this.crash(this.#parts.random.between(200, 400));
      }
    });
    return () => {
      end();
      this.#parts.tell(this, "the daemon may run again");
      this.daemon?.wake();
    };
  }

  freeze(): () => void {
    this.#parts.tell(this, "freezes, but for its kernel");
    const { agenda, random } = this.#parts;
    const frozenAtMs = agenda.nowMs;
    const end = this.machine.frozen.begin();
    return () => {
      end();
      this.#parts.tell(this, "thaws");
      this.daemon?.wake();
      // systemd stood still as well: whether the daemon feeds it first or it looks first is chance.
      const isHungry = agenda.nowMs - frozenAtMs > WATCHDOG_MS;
      if (isHungry && random.chance(0.3))
        this.#later(ABORT_MS + random.between(0.5, 30), () => this.crash(random.between(200, 400)));
    };
  }

  cleanReboot(offForMs: number): void {
    if (this.daemon === undefined) return;
    this.#parts.tell(this, "shuts down");
    this.daemon.shutDown();
    this.#rebootAfterMs = offForMs;
    this.#later(STOP_TIMEOUT_MS, () => this.exited());
  }

  #rebootAfterMs: number | undefined;

  /** The daemon gave everything away and ended: the components stop, the node goes down. */
  exited(): void {
    const offForMs = this.#rebootAfterMs;
    if (offForMs === undefined) return;
    this.#rebootAfterMs = undefined;
    this.powerCut(offForMs);
  }

  command(command: Command): void {
    if (this.daemon?.isAwake !== true) return;
    const words = Object.entries(command).filter(([, value]) => value === true);
    this.#parts.tell(this, `is told ${[command.kind, ...words.map(([word]) => word)].join(" ")}`);
    if (command.kind === "makeActive" && command.force) this.forced = true;
    this.daemon.command(command);
  }

  #hasSleptSince(daemon: Daemon): boolean {
    return !daemon.isAwake && this.machine.paused.isOn && !this.machine.frozen.isOn;
  }

  #restart(): void {
    if (this.daemon !== undefined) return;
    if (this.#starts.length < START_LIMIT) {
      this.startDaemon();
      return;
    }
    this.#release();
    this.#later(START_LIMIT_MS, () => this.startDaemon());
  }

  #release(): void {
    this.#parts.tell(this, "ngcp-ha-release removes the address");
    this.machine.setHolds(false);
    this.machine.setServices("closed");
  }

  #endDaemon(): void {
    this.#endPause();
    this.#endPause = (): void => undefined;
    this.daemon?.die();
    this.daemon = undefined;
  }

  /** Unless the machine lost power meanwhile. */
  #later(delayMs: number, action: () => void): void {
    const boot = this.#boots;
    this.#parts.agenda.in(delayMs, () => {
      if (boot === this.#boots && this.machine.powered) action();
    });
  }
}
