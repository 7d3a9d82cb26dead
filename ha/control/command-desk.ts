import type { Effect } from "../core/effect.ts";
import type { Command } from "../core/event.ts";
import type { Happening } from "../loop.ts";
import type { CommandAnswer } from "./contract.ts";

type Answer = Extract<Effect, { kind: "answerCommand" }>;

/** Hands the commands of operators to the core, and its answers back to those who wait. */
export class CommandDesk {
  readonly #post: (happening: Happening) => void;
  readonly #waiting = new Map<number, (answer: CommandAnswer) => void>();
  #count = 0;

  constructor(post: (happening: Happening) => void) {
    this.#post = post;
  }

  /** Resolves with the answer of the core, or with `timedOut` after `timeoutMs`: the command goes on then. */
  submit(command: Command, timeoutMs: number): Promise<CommandAnswer> {
    this.#count += 1;
    const id = this.#count;
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(id);
        resolve({
          outcome: "timedOut",
          code: "NGCP_NOT_IN_TIME",
          sentence: `not done within ${timeoutMs} ms; it goes on, see ngcp-status`,
        });
      }, timeoutMs);
      this.#waiting.set(id, (answer) => {
        clearTimeout(timer);
        resolve(answer);
      });
      this.#post({ kind: "commandReceived", id, command });
    });
  }

  answer({ id, outcome, code, sentence }: Answer): void {
    const resolve = this.#waiting.get(id);
    this.#waiting.delete(id);
    resolve?.({ outcome, code: code ?? null, sentence });
  }
}
