import type { LinkName } from "../../ha/core/heartbeat.ts";
import { LINKS } from "../../ha/core/heartbeat.ts";
import { awaitsData } from "../../ha/core/eligibility.ts";
import type { DataFact, HaState } from "../../ha/core/state.ts";
import type { Happening } from "./lanes.ts";
import type { Machine } from "./machine.ts";
import type { Random } from "./random.ts";

/** The truth that the probes of a node look at. */
export interface Sight {
  readonly random: Random;
  readonly carrier: (link: LinkName) => boolean;
  /** Whether each of them answers now. */
  readonly pingNodes: () => readonly boolean[];
  readonly neighbourAnswers: () => boolean;
  readonly serviceAnswers: () => boolean;
  /** The peer is written to and can be copied. */
  readonly copies: () => boolean;
}

interface Daemon {
  readonly post: (happening: Happening) => void;
  /** Runs `action` after a time of the machine's clock, or when the daemon wakes up later. */
  readonly news: (localMs: number, action: () => void) => void;
  readonly state: () => HaState;
}

const PING_EVERY_MS = 200;
/** How long a ping node counts as reached after an answer. */
const PING_REACHED_MS = 700;
const FITNESS_EVERY_MS = 500;
const REPLICATION_EVERY_MS = 500;
const PROBE_MAX_MS = 150;
/** So many rounds of replication a copy of the peer's database takes. */
const COPY_ROUNDS = 5;

/** The probes of one daemon: they look at the truth, take their time, and tell what they saw. */
export class Senses {
  readonly #machine: Machine;
  readonly #sight: Sight;
  readonly #daemon: Daemon;
  readonly #toldCarrier: Record<LinkName, boolean> = { crosslink: true, lan: true };

  readonly #answeredAt: number[];
  #copiedRounds = 0;

  constructor(machine: Machine, sight: Sight, daemon: Daemon) {
    this.#machine = machine;
    this.#sight = sight;
    this.#daemon = daemon;
    this.#answeredAt = sight.pingNodes().map(() => Number.NEGATIVE_INFINITY);
    const { random } = sight;
    daemon.news(0.5, () => {
      for (const link of LINKS) this.#tellCarrier(link);
    });
    daemon.news(random.between(20, 80), () => this.#pingRound(undefined));
    daemon.news(random.between(50, 300), () => this.#fitnessRound(undefined));
    daemon.news(random.between(200, 500), () => this.#replicationRound(undefined));
  }

  carrierChanged(link: LinkName): void {
    this.#daemon.news(this.#sight.random.between(0.5, 8), () => this.#tellCarrier(link));
  }

  askNeighbour(): void {
    this.#answer(this.#sight.neighbourAnswers, "neighbourProbed", 30);
  }

  askService(): void {
    this.#answer(this.#sight.serviceAnswers, "serviceProbed", 60);
  }

  #answer(answers: () => boolean, kind: "neighbourProbed" | "serviceProbed", mostMs: number): void {
    const quickMs = this.#sight.random.between(1, mostMs);
    this.#daemon.news(quickMs, () => {
      if (answers()) this.#daemon.post({ kind, answered: true });
      else
        this.#daemon.news(PROBE_MAX_MS - quickMs, () =>
          this.#daemon.post({ kind, answered: false }),
        );
    });
  }

  #tellCarrier(link: LinkName): void {
    const up = this.#sight.carrier(link);
    if (this.#toldCarrier[link] === up) return;
    this.#toldCarrier[link] = up;
    this.#daemon.post({ kind: "carrierChanged", link, up });
  }

  /** A ping node counts as reached for a while after its last answer; told when the number changes. */
  #pingRound(told: number | undefined): void {
    const now = this.#machine.now;
    this.#sight.pingNodes().forEach((answers, node) => {
      if (answers) this.#answeredAt[node] = now;
    });
    const all = this.#answeredAt;
    const reached = all.filter((at) => now - at < PING_REACHED_MS).length;
    if (told !== reached)
      this.#daemon.post({ kind: "pingNodesProbed", reached, total: all.length });
    this.#daemon.news(PING_EVERY_MS, () => this.#pingRound(reached));
  }

  #fitnessRound(told: string | undefined): void {
    const reasons = this.#machine.unfit.isOn ? ["lb does not answer"] : [];
    const now = reasons.join();
    if (told !== now) this.#daemon.post({ kind: "fitnessReported", reasons });
    this.#daemon.news(FITNESS_EVERY_MS, () => this.#fitnessRound(now));
  }

  #replicationRound(told: string | undefined): void {
    const data = this.#dataRound();
    const inSync = !this.#machine.outOfSync.isOn && data === "own";
    const detail = inSync ? "in sync" : "behind";
    const now = `${inSync} ${data}`;
    if (told !== now) this.#daemon.post({ kind: "replicationReported", inSync, detail, data });
    this.#daemon.news(REPLICATION_EVERY_MS, () => this.#replicationRound(now));
  }

  #dataRound(): DataFact {
    const machine = this.#machine;
    if (machine.data === "own") return "own";
    this.#copiedRounds = this.#sight.copies() ? this.#copiedRounds + 1 : 0;
    if (this.#copiedRounds >= COPY_ROUNDS) machine.data = "own";
    else if (awaitsData(this.#daemon.state())) machine.data = "awaited";
    return machine.data;
  }
}
