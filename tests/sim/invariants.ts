import type { Side } from "./network.ts";
import { SIDES, across } from "./network.ts";
import type { PairNode } from "./node.ts";
import {
  isPastBoot,
  isWilling,
  isWell,
  isServing,
  isActive,
  isStandingBy,
  describe,
} from "./truth.ts";
import type { World } from "./world.ts";

/**
 * Two holders on one segment that no timing can prevent; only a fence can.
 * `frozenKernel`: nothing that could give the address up runs on one of the nodes (it is frozen, or its
 * daemon stands still or is dead), its kernel goes on answering, and SIP behind it does not answer.
 * `cutApart`: neither node hears the other on any link, both live on the same segment, and the service
 * probe did not tell (it got lost, or the service was not open yet).
 * `kernelDisobeys`: a kernel does not remove the address within the time for it, and the node has to
 * be rebooted by itself to get rid of it.
 */
export const DOCUMENTED = ["frozenKernel", "cutApart", "kernelDisobeys"] as const;

export type DocumentedCase = (typeof DOCUMENTED)[number];

/** From the time that one of two holders can know of the other to the time that one is left. */
const THAW_TO_RELEASE_MS = 50;
const HEARD_TO_RELEASE_BEATS = 4;
const HEARD_TO_RELEASE_LOSSY_MS = 400;

/** The longest without an active node while a fit, connected node could serve and nothing else changes. */
export const IDLE_MAX_MS = 3_000;
const COMMAND_MAX_MS = 30_000;

interface Overlap {
  readonly sinceMs: number;
  readonly kind: DocumentedCase;
  /** Who reads since when what the other holder says. */
  readonly informedAtMs: [number | undefined, number | undefined];
}

export interface Verdict {
  readonly kind: "stuck" | "double holders" | "served empty";
  readonly atMs: number;
  readonly sentence: string;
}

/** Looks at the truth of the world, whatever the nodes believe. */
export class Judge {
  readonly documented: Record<DocumentedCase, number> = {
    frozenKernel: 0,
    cutApart: 0,
    kernelDisobeys: 0,
  };
  takeovers = 0;
  verdict: Verdict | undefined;
  readonly #world: World;
  #overlap: Overlap | undefined;
  #lastHolder: Side | undefined;
  #unsettledAtMs = 0;
  readonly #idleSinceMs: [number | undefined, number | undefined] = [undefined, undefined];

  constructor(world: World) {
    this.#world = world;
  }

  /** To be called at each change and often in between. */
  look(): void {
    this.#countTakeovers();
    this.#lookForTwo();
    this.#lookForEmpty();
  }

  /** How long exactly one node has been active and the other one standby, with all that belongs to it. */
  get settledForMs(): number {
    return this.#world.nowMs - this.#unsettledAtMs;
  }

  condemnUnsettled(): void {
    const { nodes } = this.#world;
    this.#condemn("stuck", `after healing and settling: ${nodes.map(describe).join("; ")}`);
  }

  lookForOne(): void {
    const { nodes } = this.#world;
    const active = nodes.filter(isActive);
    const idle = nodes.filter(isStandingBy);
    if (active.length !== 1 || idle.length !== 1) this.#unsettledAtMs = this.#world.nowMs;
  }

  lookForIdleness(): void {
    for (const side of SIDES) {
      const couldServe =
        !this.#world.nodes.some((node) => this.#servesClients(node)) && this.#couldServe(side);
      const since = couldServe ? (this.#idleSinceMs[side] ?? this.#world.nowMs) : undefined;
      this.#idleSinceMs[side] = since;
      if (since === undefined) continue;
      const idleMs = this.#world.nowMs - Math.max(since, this.#world.disturbedAtMs);
      if (idleMs > IDLE_MAX_MS + this.#world.nodes[side].settings.pingAdvantageMs)
        this.#condemn(
          "stuck",
          `nobody serves for ${idleMs.toFixed(0)} ms although sp${side + 1} could: ` +
            this.#world.nodes.map(describe).join("; "),
        );
    }
    this.#lookForUnanswered();
  }

  #lookForUnanswered(): void {
    for (const { daemon, machine } of this.#world.nodes) {
      for (const sinceMs of daemon?.unanswered.values() ?? []) {
        const awakeMs = this.#world.nowMs - Math.max(sinceMs, daemon?.runningSinceMs ?? 0);
        if (daemon?.isAwake === true && awakeMs > COMMAND_MAX_MS)
          this.#condemn("stuck", `${machine.name} never answers a command`);
      }
    }
  }

  #condemn(kind: Verdict["kind"], sentence: string): void {
    if (this.verdict !== undefined) return;
    this.verdict = { kind, atMs: this.#world.nowMs, sentence };
    this.#world.trace.note(this.#world.nowMs, "", `!!! ${kind}: ${sentence}`);
  }

  /** A node with an empty database opens its services only where an operator forced it. */
  #lookForEmpty(): void {
    for (const { machine, forced } of this.#world.nodes) {
      if (machine.openedEmpty && this.#world.hasData && !forced)
        this.#condemn("served empty", `${machine.name} serves with an empty database`);
      machine.openedEmpty = false;
    }
    if (this.#world.nodes.some(isActive)) this.#world.hasData = true;
  }

  #countTakeovers(): void {
    const { machine } = this.#world.nodes[across(this.#lastHolder ?? 1)];
    const holders = this.#world.nodes.filter((node) => node.machine.holds);
    if (!machine.holds || holders.length !== 1) return;
    if (this.#lastHolder !== undefined) this.takeovers += 1;
    this.#lastHolder = machine.side;
  }

  #lookForTwo(): void {
    const world = this.#world;
    const two = world.network.isOneSegment && world.nodes.every(({ machine }) => machine.holds);
    if (!two) {
      this.#overlap = undefined;
      return;
    }
    if (this.#overlap === undefined) this.#beginOverlap();
    else this.#bound(this.#overlap);
  }

  #beginOverlap(): void {
    const kind = this.#explain();
    const world = this.#world;
    if (kind === undefined) {
      this.#condemn(
        "double holders",
        `both hold the address: ${world.nodes.map(describe).join("; ")}`,
      );
      return;
    }
    this.documented[kind] += 1;
    this.#overlap = { sinceMs: world.nowMs, kind, informedAtMs: [undefined, undefined] };
    world.trace.note(world.nowMs, "", `(two holders, documented: ${kind})`);
  }

  #explain(): DocumentedCase | undefined {
    const { nodes, nowMs, network } = this.#world;
    for (const side of SIDES) {
      const other = across(side);
      if (nodes[side].machine.stuck.address.isOn) return "kernelDisobeys";
      const servedMs = nowMs - this.#world.asked[other].serviceAnsweredAtMs;
      const told = nodes[side].machine.answersSip && servedMs < 300 && !network.lossy.isOn;
      if (this.#isUnattended(nodes[side]) && !told) return "frozenKernel";
    }
    return this.#isCutApart() ? "cutApart" : undefined;
  }

  /** Nothing runs there that could give the address up, or it has only just begun to run again. */
  #isUnattended({ daemon }: PairNode): boolean {
    if (daemon?.isAwake !== true || daemon.state.role === "fenced") return true;
    return this.#world.nowMs - daemon.runningSinceMs <= THAW_TO_RELEASE_MS;
  }

  #isCutApart(): boolean {
    const { nodes, nowMs, hearing } = this.#world;
    const { deadMs, yieldMs, releaseMaxMs, tickMs } = nodes[0].settings;
    // What was heard too late to act on does not count.
    const deaf = SIDES.map((side) => {
      const { sentAtMs, regainedAtMs, silentForMs } = hearing[side];
      return nowMs - regainedAtMs < releaseMaxMs + 2 * tickMs ? silentForMs : nowMs - sentAtMs;
    });
    return Math.max(...deaf) >= 0.9 * deadMs && Math.min(...deaf) >= 0.9 * yieldMs;
  }

  /** A documented case ends soon after one of the holders reads what the other says. */
  #bound(overlap: Overlap): void {
    const { nodes, nowMs } = this.#world;
    const disobeys = nodes.some(({ machine }) => machine.stuck.address.isOn);
    for (const side of SIDES) {
      const knows = !disobeys && this.#isInformed(side, overlap);
      overlap.informedAtMs[side] = knows ? (overlap.informedAtMs[side] ?? nowMs) : undefined;
      const bound = this.#releaseBound(side, overlap);
      if (nowMs - (overlap.informedAtMs[side] ?? nowMs) > bound)
        this.#condemn(
          "double holders",
          `both hold the address ${bound} ms after one could know (${overlap.kind}): ` +
            nodes.map(describe).join("; "),
        );
    }
  }

  #isInformed(side: Side, { sinceMs }: Overlap): boolean {
    const { daemon } = this.#world.nodes[side];
    const { readAtMs, sentAtMs } = this.#world.hearing[side];
    return (
      daemon?.isAwake === true &&
      readAtMs >= Math.max(sinceMs, daemon.runningSinceMs) &&
      sentAtMs >= sinceMs
    );
  }

  /** The older claim goes at once; who holds the newer one goes when it is sure that the other cannot hear it. */
  #releaseBound(side: Side, { kind }: Overlap): number {
    const { nodes, network } = this.#world;
    if (network.lossy.isOn) return HEARD_TO_RELEASE_LOSSY_MS;
    const holdsNewer =
      (nodes[side].daemon?.state.claimTerm ?? 0) >
      (nodes[across(side)].daemon?.state.claimTerm ?? 0);
    return kind === "frozenKernel" && !holdsNewer
      ? THAW_TO_RELEASE_MS
      : HEARD_TO_RELEASE_BEATS * nodes[0].settings.heartbeatMs;
  }

  #servesClients(node: PairNode): boolean {
    const { network } = this.#world;
    const { machine } = node;
    return (
      isServing(node) && network.lanCarrier(machine.side) && !network.blocked[machine.side].isOn
    );
  }

  /** Fit, connected, past its boot, not told to stand by, and able to know what the other one does. */
  #couldServe(side: Side): boolean {
    const { network, nodes, nowMs } = this.#world;
    const node = nodes[side];
    return (
      !network.secretsDiffer.isOn &&
      isPastBoot(node, nowMs) &&
      isWilling(node) &&
      isWell(node) &&
      node.machine.data === "own" &&
      this.#isConnected(side)
    );
  }

  #isConnected(side: Side): boolean {
    const { network, nodes } = this.#world;
    const peer = across(side);
    const reached = network.pingNodesReached(side);
    if (!network.lanCarrier(side) || network.blocked[side].isOn) return false;
    if (reached < network.pingNodesReached(peer) || reached === 0) return false;
    const peerRuns = nodes[peer].daemon?.isAwake === true;
    const talks = SIDES.every(
      (from) => network.carries("crosslink", from) || network.carries("lan", from),
    );
    return !peerRuns || talks;
  }
}
