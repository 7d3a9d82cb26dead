import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { ApplianceError } from "../errors.ts";
import { isOlderThan } from "../system/age.ts";
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
  // To look at the history writes nothing, not even the index anew.
  GIT_OPTIONAL_LOCKS: "0",
};

/** As much on the disk as git can see to: what was committed or taken must be there after a power cut. */
const ON_DISK = ["-c", "core.fsync=all", "-c", "core.fsyncMethod=fsync"];

/** A git that was killed leaves its locks behind; one that works has them for less than this. */
const LOCK_MS = 5_000;

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
      const { stdout } = await run(
        "git",
        ["-C", this.#directory, ...identity, ...safe, ...ON_DISK, ...words],
        {
          timeoutMs: GIT_MS,
          apart: true,
          env: { ...ENVIRONMENT, ...environment },
        },
      );
      return stdout;
    } catch (cause) {
      if (!(cause instanceof CommandFailedError)) throw cause;
      const said = cause.stderr === "" ? cause.message : cause.stderr;
      throw new HistoryError(`git ${words[0] ?? ""} in ${this.#directory}: ${said}`, { cause });
    }
  }

  /**
   * Takes away what a git that was killed left behind.
   *
   * @param olderThanMs -1 for all, where no git can be at work
   */
  async clearLocks(olderThanMs = LOCK_MS): Promise<void> {
    const folder = join(this.#directory, ".git");
    const tops = await readdir(folder);
    const refs = await readdir(join(folder, "refs"), { recursive: true });
    const names = [...tops, ...refs.map((name) => `refs/${name}`)];
    for (const name of names.filter((each) => each.endsWith(".lock"))) {
      const path = join(folder, name);
      if (await isOlderThan(path, olderThanMs)) await rm(path, { force: true });
    }
  }
}
