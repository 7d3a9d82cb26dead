import { spawn } from "node:child_process";
import type { ChildProcessByStdio } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { PhoneError } from "./phone-error.ts";
import type { AnswerLine, Answers, AskKind, AskLine, AskOf } from "./protocol.ts";

interface Waiting {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: PhoneError) => void;
}

/** The phones of one namespace: a process of main.ts in it, driven from outside. */
export class Phones {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;
  #ended: string | undefined;

  /** @param command what starts main.ts, e.g. `["ip", "netns", "exec", NAME, "node", "dist/ops/lab/phone/main.js"]` */
  constructor([program, ...args]: readonly [string, ...string[]]) {
    this.#child = spawn(program, args, { stdio: ["pipe", "pipe", "inherit"] });
    this.#child.on("error", (error) => this.#fail(error.message));
    this.#child.on("exit", (code, signal) => this.#fail(`ended: ${code ?? signal ?? "unknown"}`));
    createInterface({ input: this.#child.stdout }).on("line", (line) => this.#settle(line));
  }

  ask<K extends AskKind>(ask: AskOf<K> & { readonly kind: K }): Promise<Answers[K]> {
    if (this.#ended !== undefined) return Promise.reject(new PhoneError(this.#ended));
    this.#lastId += 1;
    const id = this.#lastId;
    const line: AskLine = { id, ask };
    const answer = new Promise<unknown>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#child.stdin.write(`${JSON.stringify(line)}\n`);
    });
    return answer as Promise<Answers[K]>;
  }

  /** Ends the process; what it was still asked fails. */
  async close(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = new Promise<void>((resolve) => this.#child.once("exit", () => resolve()));
    this.#child.stdin.end();
    await ended;
  }

  #settle(line: string): void {
    const answer = JSON.parse(line) as AnswerLine;
    const waiting = this.#waiting.get(answer.id);
    if (waiting === undefined) return;
    this.#waiting.delete(answer.id);
    if ("error" in answer) waiting.reject(new PhoneError(answer.error));
    else waiting.resolve(answer.result);
  }

  #fail(reason: string): void {
    this.#ended = `the phones ${reason}`;
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { reject } of waiting) reject(new PhoneError(this.#ended));
  }
}
