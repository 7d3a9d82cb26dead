import { ApplianceError } from "../errors.ts";
import { CommandFailedError, run } from "../system/command.ts";

export class HistoryError extends ApplianceError {
  override readonly name = "HistoryError";
  readonly code = "NGCP_HISTORY_FAILED";
}

const GIT_MS = 30_000;

/** The configuration of a person who happens to be root has no say in this. */
const ENVIRONMENT = {
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_TERMINAL_PROMPT: "0",
};

/** git in /etc/ngcp-config, and the only door to it. */
export class Git {
  readonly #directory: string;
  readonly #node: string;

  /** @param node signs what is committed */
  constructor(directory: string, node: string) {
    this.#directory = directory;
    this.#node = node;
  }

  /** @throws {HistoryError} with what git said */
  run(...words: readonly string[]): Promise<string> {
    return this.runWith({}, ...words);
  }

  /** @throws {HistoryError} with what git said */
  async runWith(
    environment: Readonly<Record<string, string>>,
    ...words: readonly string[]
  ): Promise<string> {
    const identity = ["-c", "user.name=root", "-c", `user.email=root@${this.#node}`];
    const safe = ["-c", `safe.directory=${this.#directory}`, "-c", "commit.gpgsign=false"];
    try {
      const { stdout } = await run("git", ["-C", this.#directory, ...identity, ...safe, ...words], {
        timeoutMs: GIT_MS,
        env: { ...ENVIRONMENT, ...environment },
      });
      return stdout;
    } catch (cause) {
      if (!(cause instanceof CommandFailedError)) throw cause;
      const said = cause.stderr === "" ? cause.message : cause.stderr;
      throw new HistoryError(`git ${words[0] ?? ""} in ${this.#directory}: ${said}`, { cause });
    }
  }
}
