import type { LinkName, ReceivedHeartbeat } from "../../ha/core/heartbeat.ts";
import { LINKS } from "../../ha/core/heartbeat.ts";
import { Agenda } from "./agenda.ts";
import type { Surroundings } from "./daemon.ts";
import { Machine } from "./machine.ts";
import type { Side } from "./network.ts";
import { Network, SIDES, across } from "./network.ts";
import { PairNode } from "./node.ts";
import { Random } from "./random.ts";
import { drawRate, drawSettings, drawWeather } from "./swarm.ts";
import type { Trace } from "./trace.ts";

/** What one node has read of the other's datagrams, in the world's time. */
export interface Hearing {
  /** When the newest datagram that was understood was read. */
  readAtMs: number;
  /** When that datagram had been sent. */
  sentAtMs: number;
  /** When it was read after the last time that at least a yield time had passed in silence, and how long that silence was. */
  regainedAtMs: number;
  silentForMs: number;
}

/** The last answer of the LAN to a node that asked who serves the shared address. */
export interface Asked {
  serviceAnsweredAtMs: number;
  neighbourAnsweredAtMs: number;
}

const NEVER = Number.NEGATIVE_INFINITY;

/** An operator looks at a pair that nobody serves, after everything was repaired. */
const LOOKS_AFTER_MS = 5_000;

/** Two nodes and all that is between them, as they really are. */
export class World {
  readonly agenda = new Agenda();
  readonly network: Network;
  readonly nodes: readonly [PairNode, PairNode];
  readonly trace: Trace;
  readonly hearing: readonly [Hearing, Hearing] = [
    { readAtMs: NEVER, sentAtMs: NEVER, regainedAtMs: NEVER, silentForMs: 0 },
    { readAtMs: NEVER, sentAtMs: NEVER, regainedAtMs: NEVER, silentForMs: 0 },
  ];
  readonly asked: readonly [Asked, Asked] = [
    { serviceAnsweredAtMs: NEVER, neighbourAnsweredAtMs: NEVER },
    { serviceAnsweredAtMs: NEVER, neighbourAnsweredAtMs: NEVER },
  ];
  /** Called when something changed that decides who holds the address on a segment. */
  onChange: () => void = () => undefined;
  readonly #random: Random;
  readonly #sentAtMs = new WeakMap<ReceivedHeartbeat, number>();

  constructor(seed: number, trace: Trace) {
    this.trace = trace;
    this.#random = new Random(seed, "world");
    const draws = new Random(seed, "swarm");
    this.network = new Network(drawWeather(draws), new Random(seed, "network"));
    const settings = drawSettings(draws);
    const node = (side: Side): PairNode =>
      new PairNode({
        machine: new Machine({
          side,
          agenda: this.agenda,
          rate: drawRate(draws),
          changed: () => this.changed(),
        }),
        settings: settings[side],
        agenda: this.agenda,
        random: new Random(seed, `node ${side}`),
        surroundings: (owner) =>
          this.#surroundings(owner, new Random(seed, `daemon ${side} ${owner.starts}`)),
        tell: ({ machine }, what) => {
          this.disturbedAtMs = this.nowMs;
          trace.note(this.nowMs, machine.name, `* ${what}`);
        },
      });
    this.nodes = [node(0), node(1)];
  }

  get nowMs(): number {
    return this.agenda.nowMs;
  }

  /** The pair has had an active node, so somebody has written to its database. */
  hasData = true;

  /** When something last went wrong, was repaired, or an operator did something. */
  disturbedAtMs = 0;

  /** A fault began or ended. */
  disturb(): void {
    this.disturbedAtMs = this.nowMs;
    this.changed();
  }

  /** Everything that only people can bring back. */
  heal(): void {
    for (const node of this.nodes) {
      node.powerOn();
      node.startDaemon();
      node.command({ kind: "releaseHold" });
    }
    this.agenda.in(LOOKS_AFTER_MS, () => this.#beginAnewWhereAllIsLost());
    this.disturb();
  }

  /** Both databases are gone: no node may begin with nothing by itself, so the operator says which one does. */
  #beginAnewWhereAllIsLost(): void {
    const nothingIsLeft = this.nodes.every(({ machine }) => machine.data !== "own");
    if (this.hasData && nothingIsLeft) this.nodes[0].command({ kind: "makeActive", force: true });
  }

  /** Something changed: a cable, a kernel's addresses, a node's power. */
  changed(): void {
    for (const { daemon } of this.nodes) for (const link of LINKS) daemon?.carrierChanged(link);
    this.onChange();
  }

  carrier(link: LinkName, side: Side): boolean {
    if (link === "lan") return this.network.lanCarrier(side);
    const peer = this.nodes[across(side)];
    return !this.network.crosslinkCable.isOn && peer.machine.powered;
  }

  /** Somebody who is not this node answers ARP for the shared address. */
  neighbourAnswers(side: Side): boolean {
    const { network } = this;
    if (network.stranger.isOn && network.lanCarrier(side) && !network.blocked[side].isOn)
      return true;
    const { machine } = this.nodes[across(side)];
    return machine.powered && machine.holds && this.#lanAsks();
  }

  serviceAnswers(side: Side): boolean {
    return this.nodes[across(side)].machine.answersSip && this.#lanAsks();
  }

  #canBeCopied(side: Side): boolean {
    const { machine } = this.nodes[side];
    return (
      machine.processesRun &&
      machine.services === "open" &&
      machine.data === "own" &&
      SIDES.every((from) => this.network.carries("crosslink", from))
    );
  }

  #lanAsks(): boolean {
    const { network } = this;
    return SIDES.every((from) => network.lanCarries(from)) && !network.loses() && !network.loses();
  }

  #transmit(from: Side, link: LinkName, datagram: ReceivedHeartbeat): void {
    const { network } = this;
    this.#sentAtMs.set(datagram, this.nowMs);
    const copies = network.duplicates() ? 2 : 1;
    for (let copy = 0; copy < copies; copy += 1) {
      if (network.loses()) continue;
      this.agenda.in(network.delayMs(), () => {
        const receiver = this.nodes[across(from)];
        if (receiver.machine.powered && network.carries(link, from))
          receiver.daemon?.receive(link, datagram);
      });
    }
  }

  #surroundings(node: PairNode, random: Random): Surroundings {
    const { side } = node.machine;
    const { network } = this;
    return {
      agenda: this.agenda,
      random,
      transmit: (link, datagram) => this.#transmit(side, link, datagram),
      carrier: (link) => this.carrier(link, side),
      pingNodes: () => network.pingNodes(side),
      neighbourAnswers: () => this.neighbourAnswers(side),
      serviceAnswers: () => this.serviceAnswers(side),
      copies: () => this.#canBeCopied(across(side)),
      secretsDiffer: () => network.secretsDiffer.isOn,
      fencePeer: () => this.nodes[across(side)].powerCut(this.#random.between(1_500, 6_000)),
      fenceSelf: () => node.fence(),
      exited: () => node.exited(),
      witness: (daemon, event, effects) => {
        if (event.kind === "heartbeatReceived") this.#noteHearing(side, event.heartbeat);
        if (event.kind === "serviceProbed" && event.answered)
          this.asked[side].serviceAnsweredAtMs = this.nowMs;
        if (event.kind === "neighbourProbed" && event.answered)
          this.asked[side].neighbourAnsweredAtMs = this.nowMs;
        this.trace.step(this.nowMs, daemon.machine.name, event, effects);
      },
    };
  }

  #noteHearing(side: Side, datagram: ReceivedHeartbeat): void {
    const hearing = this.hearing[side];
    const silentForMs = this.nowMs - hearing.readAtMs;
    if (silentForMs >= this.nodes[side].settings.yieldMs) {
      hearing.regainedAtMs = this.nowMs;
      hearing.silentForMs = silentForMs;
    }
    hearing.readAtMs = this.nowMs;
    hearing.sentAtMs = Math.max(hearing.sentAtMs, this.#sentAtMs.get(datagram) ?? this.nowMs);
  }
}
