import { spawn } from "node:child_process";
import type { ChildProcessByStdio } from "node:child_process";
import path from "node:path";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { ipBatch } from "../../../../ops/lab/network.ts";
import type { EngineNode } from "../../../contract/sip/node.ts";
import { checkout } from "../../../golden/golden.ts";

const PROGRAM = path.join(checkout, "dist/tests/bench/sip/pinged/child.js");

/** Phones of a node's LAN that neither call nor are called: they answer what keeps their ways open. */
export class PingedPhones {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #lines: AsyncIterator<string>;

  private constructor(child: ChildProcessByStdio<Writable, Readable, null>) {
    this.#child = child;
    this.#lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  }

  /** Gives them their address. */
  static async open(node: EngineNode, address: string, port: number): Promise<PingedPhones> {
    await ipBatch(node.phonesNamespace, [`addr replace ${address}/24 dev eth0`]);
    const words = node.inPhones(process.execPath, PROGRAM, address, String(port));
    const [program, ...rest] = words;
    const phones = new PingedPhones(spawn(program, rest, { stdio: ["pipe", "pipe", "inherit"] }));
    await phones.#lines.next();
    return phones;
  }

  /** How many different ones have been asked since this was last called. */
  async asked(): Promise<number> {
    this.#child.stdin.write("\n");
    return Number((await this.#lines.next()).value);
  }

  end(): void {
    this.#child.kill();
  }
}
