import { existsSync } from "node:fs";
import { nowMs } from "../phone/clock.ts";
import { LOAD_ADDRESS, namespacePath, NODES, SHARED_ADDRESS } from "../names.ts";
import type { Lab, NodeName } from "../names.ts";
import { compiled, startGauge } from "./gauge.ts";
import type { Gauge } from "./gauge.ts";
import { GapRecord } from "./gaps.ts";
import { AddressWitness } from "./witness.ts";

const ECHO_PORT = "7";

/** Everything that watches the pair from outside: the address witness, and a client of the shared address. */
export class Instruments {
  readonly witness: AddressWitness;
  readonly answers = new GapRecord();
  readonly #lab: Lab;
  readonly #echoes = new Map<NodeName, Gauge>();
  #load: Gauge | undefined;

  constructor(lab: Lab) {
    this.#lab = lab;
    this.witness = new AddressWitness(lab);
  }

  async start(): Promise<void> {
    for (const node of NODES)
      if (existsSync(namespacePath(this.#lab, node))) await this.plugged(node);
    const load = compiled("echo-load", LOAD_ADDRESS, SHARED_ADDRESS, ECHO_PORT);
    const phones = namespacePath(this.#lab, "phones");
    this.#load = startGauge(phones, load, (line) => this.answers.note(line));
  }

  /** To be called for each boot, before anything runs in the node. */
  async plugged(node: NodeName): Promise<void> {
    await this.witness.watch(node);
    await this.#echoes.get(node)?.stop();
    this.#echoes.set(node, await this.#startEcho(node));
  }

  /** The node has no power: what answers in its name goes with it. */
  async unplugged(node: NodeName): Promise<void> {
    await this.#echoes.get(node)?.stop();
    this.#echoes.delete(node);
    await this.witness.blind(node);
  }

  /** The echo server is part of the node it stands for, so it freezes with it. */
  setFrozen(node: NodeName, frozen: boolean): void {
    this.#echoes.get(node)?.signal(frozen ? "SIGSTOP" : "SIGCONT");
  }

  async stop(): Promise<void> {
    await this.#load?.stop();
    for (const node of NODES) await this.unplugged(node);
  }

  /** The longest gap of the last `ms`, which is what the machine does without a fault. */
  floorMs(ms: number): number {
    const now = nowMs();
    return this.answers.longest(now - ms, now);
  }

  async #startEcho(node: NodeName): Promise<Gauge> {
    return await new Promise<Gauge>((resolve) => {
      const command = compiled("echo", node, ECHO_PORT);
      const gauge = startGauge(namespacePath(this.#lab, node), command, () => resolve(gauge));
    });
  }
}
