import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { ipBatch } from "../../../ops/lab/network.ts";
import { SHARED } from "../../contract/sip/appliance.ts";
import type { EngineNode } from "../../contract/sip/node.ts";
import { asCallee, Sipp } from "../../contract/sbc/sipp.ts";
import { checkout } from "../../golden/golden.ts";

export const DOMAIN = "sip.example.org";

/** Private addresses, behind which both chains see a NAT, and relay the media. */
export const PRIVATE = "10.9.0.0/24";
const CALLERS = "10.9.0.1";
export const CALLEES = "10.9.0.2";
export const PORT = 5070;

const ours = (name: string): string => path.join(checkout, `tests/bench/sip/scenarios/${name}.xml`);

export interface Load {
  /** Port of the load-balancer that is asked. */
  readonly port: number;
  readonly count: number;
  /** How many are under way at once. */
  readonly atOnce: number;
}

/** What a load came to. */
export interface Outcome {
  readonly good: number;
  readonly perSecond: number;
  /** Of each call, from its INVITE with credentials to the 200; milliseconds. */
  readonly setUpMs: readonly number[];
}

/** All would be there in a tenth of a second: not the phones are measured. */
const FASTER = 10;

/** Many phones of a node's LAN, of subscribers u0 and on; the upper half is called by the lower one. */
export class ManyPhones {
  readonly #node: EngineNode;
  readonly #subscribers: number;
  readonly #files: string;
  #callees: Sipp | undefined;

  /** @param files a directory for what SIPp reads */
  constructor(node: EngineNode, subscribers: number, files: string) {
    this.#node = node;
    this.#subscribers = subscribers;
    this.#files = files;
  }

  /** Gives the phones their addresses, and starts those that are called. */
  async start(): Promise<void> {
    await ipBatch(this.#node.phonesNamespace, [
      `addr replace ${CALLERS}/24 dev eth0`,
      `addr replace ${CALLEES}/24 dev eth0`,
    ]);
    await this.#node.run(`ip route replace ${PRIVATE} dev eth0`);
    const half = this.#subscribers >> 1;
    const user = (index: number): string =>
      `u${index};[authentication username=u${index} password=secret${index}]`;
    this.#write(
      "callers",
      Array.from({ length: half }, (_none, index) => user(index)),
    );
    this.#write(
      "callees",
      Array.from({ length: half }, (_none, index) => user(half + index)),
    );
    this.#write(
      "pairs",
      Array.from({ length: half }, (_none, index) => `${user(index)};u${half + index}`),
    );
  }

  /** Registers each phone that is called with the load-balancers at `ports`; from then on they answer. */
  async openCallees(ports: readonly number[]): Promise<void> {
    const count = this.#subscribers >> 1;
    for (const port of ports)
      await this.#load("register", "callees", CALLEES, { port, count, atOnce: 10 });
    this.#callees = this.#sipp(asCallee(), CALLEES);
  }

  registrations(load: Load): Promise<Outcome> {
    return this.#load("register", "callers", CALLERS, load);
  }

  calls(load: Load): Promise<Outcome> {
    return this.#load("caller", "pairs", CALLERS, load);
  }

  async end(): Promise<void> {
    await this.#callees?.remove();
  }

  #write(name: string, lines: readonly string[]): void {
    writeFileSync(
      path.join(this.#files, `${name}.csv`),
      `SEQUENTIAL\n${lines.map((line) => `${line};\n`).join("")}`,
    );
  }

  #sipp(words: readonly string[], address: string): Sipp {
    const socket = ["-p", String(PORT)];
    return new Sipp([...words, ...socket], { address, inside: this.#node.inPhones() });
  }

  async #load(
    name: string,
    users: string,
    address: string,
    { port, count, atOnce }: Load,
  ): Promise<Outcome> {
    const sipp = this.#sipp(
      [
        ...[`${SHARED.v4}:${port}`, "-sf", ours(name)],
        ...["-inf", path.join(this.#files, `${users}.csv`)],
        ...["-key", "domain", DOMAIN, "-key", "contact", `${address}:${PORT}`],
        ...["-m", String(count), "-r", String(count * FASTER), "-l", String(atOnce), "-d", "0"],
        ...["-trace_rtt", "-rtt_freq", String(count), "-timeout", "60s", "-timeout_error"],
      ],
      address,
    );
    const startedAt = performance.now();
    try {
      await sipp.ended();
      const tookMs = performance.now() - startedAt;
      const { good, failed, output } = sipp.calls();
      if (failed > 0) throw new Error(`${failed} of ${count} failed: ${output}`);
      return { good, perSecond: (good * 1_000) / tookMs, setUpMs: timesIn(sipp.directory) };
    } finally {
      await sipp.remove();
    }
  }
}

/** The second column of SIPp's own file of response times. */
const timesIn = (directory: string): readonly number[] => {
  const name = readdirSync(directory).find((each) => each.endsWith("_rtt.csv"));
  if (name === undefined) return [];
  const [, ...rows] = readFileSync(path.join(directory, name), "utf8").trim().split("\n");
  return rows.map((row) => Number(row.split(";")[1]));
};
