import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const PROGRAM = fileURLToPath(new URL("../../../components/mediator/main.js", import.meta.url));

export interface MediatorSettings {
  readonly maxCallMs: number;
  readonly graceMs: number;
  readonly batch: number;
  readonly keepMs: number;
}

/** A node: its root directory, and the password of the pair. */
interface Place {
  readonly root: string;
  readonly password: string;
}

/** ngcp-mediator as its unit starts it, on a node. */
export class MediatorProcess {
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  #said = "";

  constructor({ root, password }: Place, settings: MediatorSettings) {
    const folder = join(root, "run/ngcp-mediator");
    mkdirSync(folder, { recursive: true });
    const file = (name: string): string => join(folder, name);
    const socket = join(root, "run/mysqld/mysqld.sock");
    const login = `[client]\nsocket = ${socket}\nuser = ngcp\npassword = ${password}\n`;
    writeFileSync(file("login.cnf"), login);
    writeFileSync(file("settings.json"), JSON.stringify(settings));
    const files = ["--login", file("login.cnf"), "--settings", file("settings.json")];
    this.#child = spawn(
      process.execPath,
      ["--max-old-space-size=48", PROGRAM, ...files, "--alive", file("alive")],
      { stdio: ["ignore", "pipe", "inherit"] },
    );
    this.#child.stdout?.on("data", (chunk: Buffer) => (this.#said += chunk.toString()));
    this.#ended = once(this.#child, "exit");
  }

  get said(): string {
    return this.#said;
  }

  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#ended;
  }
}

/** Waits for what a test looks at, not for a time. */
export const until = async (holds: () => boolean, what: string): Promise<void> => {
  const deadline = performance.now() + 60_000;
  while (!holds()) {
    if (performance.now() > deadline) throw new Error(`in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
};
