import { run } from "../run.ts";
import { nowMs } from "../phone/clock.ts";
import { namespaceOf, namespacePath, NODES, SHARED_ADDRESS } from "../names.ts";
import type { Lab, NodeName } from "../names.ts";
import { startGauge } from "./gauge.ts";
import type { Gauge } from "./gauge.ts";
import { overlapMs } from "./timeline.ts";
import type { Span } from "./timeline.ts";

/**
 * Sees from outside, in the kernels of both nodes and on one clock, who holds the shared address on an interface that is up
 * and has a cable. The cable's state is told by those who pull it: the kernel's own news of a carrier loss can come a
 * second late, and would then be evidence against an innocent node.
 */
export class AddressWitness {
  readonly #lab: Lab;
  readonly #monitors = new Map<NodeName, Gauge>();
  readonly #nodes: Readonly<Record<NodeName, Sight>> = { sp1: new Sight(), sp2: new Sight() };
  #offsetMs = wallClockOffsetMs();

  constructor(lab: Lab) {
    this.#lab = lab;
  }

  /** The wall clock, which the kernel's news are stamped with, is steered: the offset is right for some minutes. */
  calibrate(): void {
    this.#offsetMs = wallClockOffsetMs();
  }

  /** Looks into the namespace that a node has now: to be called anew for each boot. */
  async watch(node: NodeName): Promise<void> {
    await this.blind(node);
    const sight = this.#nodes[node];
    const monitor = ["ip", "-o", "-ts", "monitor", "link", "address"];
    this.#monitors.set(
      node,
      startGauge(namespacePath(this.#lab, node), monitor, (line) =>
        sight.noteLine(line, this.#offsetMs),
      ),
    );
    const now = ["ip", "-n", namespaceOf(this.#lab, node), "-o", "addr", "show", "dev", "eth0"];
    const held = (await run(now)).includes(` ${SHARED_ADDRESS}/`);
    sight.note(nowMs(), { plugged: true, up: true, ...(held ? { address: true } : {}) });
  }

  /** The node has no power: it holds nothing. */
  async blind(node: NodeName): Promise<void> {
    await this.#monitors.get(node)?.stop();
    this.#monitors.delete(node);
    this.#nodes[node].note(nowMs(), { address: false, plugged: false });
  }

  /** Told by whoever pulls or plugs a node's LAN cable. */
  noteCable(node: NodeName, plugged: boolean, at: number): void {
    this.#nodes[node].note(at, { plugged });
  }

  holds(node: NodeName): boolean {
    return this.#nodes[node].holds;
  }

  /** When `node` first held the address after `at`; undefined when it did not. */
  heldSince(node: NodeName, at: number): number | undefined {
    return this.#nodes[node].spans(nowMs()).find((span) => span.to > at)?.from;
  }

  /** Until when `node` held the address that it held at `at` or later, now if it still does; undefined when it did not. */
  heldUntil(node: NodeName, at: number): number | undefined {
    return this.#nodes[node].spans(nowMs()).find((span) => span.to > at)?.to;
  }

  /** How long in `[from, to]` both kernels had the address on an interface with carrier. Milliseconds. */
  bothHeldMs(from: number, to: number): number {
    return overlapMs(this.#nodes.sp1.spans(to), this.#nodes.sp2.spans(to), { from, to });
  }

  async stop(): Promise<void> {
    for (const node of NODES) await this.blind(node);
  }
}

interface Facts {
  readonly address: boolean;
  readonly up: boolean;
  readonly plugged: boolean;
}

const TIMESTAMP = /^\[(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.(\d{6})\] ?(Deleted )?/;

/** What is known of one node's eth0, and since when it holds the address there. */
class Sight {
  #facts: Facts = { address: false, up: false, plugged: false };
  #since: number | undefined;
  readonly #past: Span[] = [];

  get holds(): boolean {
    return this.#facts.address && this.#facts.up && this.#facts.plugged;
  }

  note(at: number, news: Partial<Facts>): void {
    this.#facts = { ...this.#facts, ...news };
    if (this.holds && this.#since === undefined) this.#since = at;
    if (this.holds || this.#since === undefined) return;
    this.#past.push({ from: this.#since, to: at });
    this.#since = undefined;
  }

  noteLine(line: string, offsetMs: number): void {
    const head = TIMESTAMP.exec(line);
    if (head === null || !/\beth0\b/.test(line)) return;
    const at = Date.parse(`${head[1] ?? ""}Z`) + Number(head[2]) / 1000 + offsetMs;
    const deleted = head[3] !== undefined;
    if (line.includes(` inet ${SHARED_ADDRESS}/`)) this.note(at, { address: !deleted });
    const flags = /eth0@?\w*: <([^>]*)>/.exec(line)?.[1]?.split(",");
    if (flags !== undefined) this.note(at, { up: !deleted && flags.includes("UP") });
  }

  /** The stretches of time in which the node held the address, one that lasts until `now` included. */
  spans(now: number): readonly Span[] {
    return this.#since === undefined ? this.#past : [...this.#past, { from: this.#since, to: now }];
  }
}

/** What has to be added to a wall clock time in milliseconds, to tell it in `nowMs`. Waits for a new millisecond. */
const wallClockOffsetMs = (): number => {
  const before = Date.now();
  let wall = before;
  while (wall === before) wall = Date.now();
  return nowMs() - wall;
};
