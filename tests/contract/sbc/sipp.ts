import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { checkout } from "../../golden/golden.ts";

/** One of our scenarios, as a whole path: SIPp runs elsewhere. */
export const scenario = (name: string): string =>
  path.join(checkout, `tests/contract/sbc/scenarios/${name}.xml`);

/** SIPp in a directory of its own, for it writes where it runs. */
export class Sipp {
  readonly #directory = mkdtempSync(path.join(tmpdir(), "tandem-sipp-"));
  readonly #child: ChildProcess;
  #output = "";

  constructor(words: readonly string[]) {
    this.#child = spawn("sipp", ["-nostdin", "-i", "127.0.0.1", ...words], {
      cwd: this.#directory,
      stdio: ["ignore", "pipe", "pipe"],
    });
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream?.on("data", (chunk: Buffer) => {
        this.#output = `${this.#output}${chunk.toString()}`.slice(-8_000);
      });
  }

  /** The last of what it printed. */
  get output(): string {
    return this.#output;
  }

  /** Resolves with the exit status: 0 when all calls were good. */
  async ended(): Promise<number> {
    if (this.#child.exitCode === null) await once(this.#child, "exit");
    return this.#child.exitCode ?? -1;
  }

  /** Ends it if it still runs, and removes what it wrote. */
  async remove(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      this.#child.kill("SIGKILL");
      await once(this.#child, "exit");
    }
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
