import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { checkout } from "../../golden/golden.ts";

/** One of our scenarios, as a whole path: SIPp runs elsewhere. */
export const scenario = (name: string): string =>
  path.join(checkout, `tests/contract/sbc/scenarios/${name}.xml`);

/** How long a call rests that has ended: SIPp has room for some thousands of calls. */
const REST_MS = 8_000;

/** The time in which a BYE is repeated whose answers are lost (timer J of RFC 3261, 17.2.2). */
export const TIMER_J_MS = 33_000;

/**
 * Plays our callee, which goes on with a call when a message comes that it does not expect: an ACK that is late.
 *
 * @param restMs for so long it answers a BYE once more
 */
export const asCallee = (restMs = REST_MS): readonly string[] => [
  ...["-sf", scenario("callee"), "-set", "rest", String(restMs)],
  ...["-default_behaviors", "all,-abortunexp"],
];

/** What one end counted of its calls. */
export interface Calls {
  readonly good: number;
  readonly failed: number;
  /** Messages that it sent again. */
  readonly retransmissions: number;
  /** The last that it printed: what a failed test shows. */
  readonly output: string;
}

const STATISTICS = "statistics.csv";
const COUNTED = ["-trace_stat", "-stf", STATISTICS, "-fd", "1"];

/** Where SIPp runs: the address that it has, and what starts a program there. */
interface Place {
  readonly address: string;
  readonly inside: readonly string[];
}

const HERE: Place = { address: "127.0.0.1", inside: [] };

/** SIPp in a directory of its own, for it writes where it runs. */
export class Sipp {
  readonly directory = mkdtempSync(path.join(tmpdir(), "tandem-sipp-"));
  readonly #child: ChildProcess;
  #output = "";

  constructor(words: readonly string[], { address, inside }: Place = HERE) {
    const [program = "", ...rest] = [...inside, "sipp", "-nostdin", "-i", address, ...COUNTED];
    this.#child = spawn(program, [...rest, ...words], {
      cwd: this.directory,
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

  /** What it has counted; whole once it has ended, before that as of the last second. */
  calls(): Calls {
    const text = readFileSync(path.join(this.directory, STATISTICS), "utf8").trim();
    const [names = [], ...rows] = text.split("\n").map((line) => line.split(";"));
    const value = (name: string): number => Number(rows.at(-1)?.[names.indexOf(`${name}(C)`)]);
    return {
      good: value("SuccessfulCall"),
      failed: value("FailedCall"),
      retransmissions: value("Retransmissions"),
      output: this.#output,
    };
  }

  /** Ends it if it still runs, and removes what it wrote. */
  async remove(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      this.#child.kill("SIGKILL");
      await once(this.#child, "exit");
    }
    rmSync(this.directory, { recursive: true, force: true });
  }
}
