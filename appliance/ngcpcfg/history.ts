import { access, chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ApplianceError } from "../errors.ts";
import { CommandFailedError, run } from "../system/command.ts";

export class HistoryError extends ApplianceError {
  override readonly name = "HistoryError";
  readonly code = "NGCP_HISTORY_FAILED";
}

const GIT_MS = 30_000;
const BRANCH = "master";

/** What never goes into the history: the secrets of the pair, and what is put aside while a file is written. */
const IGNORED = ["constants.yml", "ssl/", "*.ngcp-new", "*.ngcp-old", ""].join("\n");

/** The configuration of a person who happens to be root has no say in this. */
const ENVIRONMENT = {
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_TERMINAL_PROMPT: "0",
};

/** The history of /etc/ngcp-config: git, and the only door to it. */
export class History {
  readonly #directory: string;
  readonly #node: string;

  /** @param node signs what is committed */
  constructor(directory: string, node: string) {
    this.#directory = directory;
    this.#node = node;
  }

  async isInitialised(): Promise<boolean> {
    try {
      await access(join(this.#directory, ".git"));
      return true;
    } catch {
      return false;
    }
  }

  /** Makes the repository; nothing is in it yet. */
  async initialise(): Promise<void> {
    await this.#git("init", "--quiet", `--initial-branch=${BRANCH}`);
    // Git's own files show what the configuration shows: to nobody but root.
    await chmod(join(this.#directory, ".git"), 0o700);
    await writeFile(join(this.#directory, ".gitignore"), IGNORED);
  }

  /** One line for each file that differs from the last commit, as git status shows it; none when the tree is clean. */
  async changes(): Promise<readonly string[]> {
    const text = await this.#git("status", "--porcelain", "--untracked-files=all");
    return text.split("\n").filter((line) => line !== "");
  }

  /**
   * @param below commits what is below this folder alone
   * @returns false when there was nothing to commit
   */
  async commit(message: string, below = "."): Promise<boolean> {
    await this.#git("add", "--all", "--", below);
    const staged = await this.#git("diff", "--cached", "--name-only", "--", below);
    if (staged === "") return false;
    await this.#git("commit", "--quiet", "--no-verify", `--message=${message}`, "--", below);
    return true;
  }

  /** The differences to the last commit, files that are new among them. */
  async diff(): Promise<string> {
    await this.#git("add", "--all", "--intent-to-add");
    return await this.#git("diff", "HEAD");
  }

  /** The newest commits first, one line each: id, date, message. */
  log(count: number): Promise<string> {
    return this.#git("log", `--max-count=${count}`, "--date=iso", "--format=%h %ad %s");
  }

  /** One commit: who, when, why, and what it changed. */
  show(commit: string): Promise<string> {
    return this.#git("show", "--date=iso", "--end-of-options", commit);
  }

  /** The id of the last commit. */
  head(): Promise<string> {
    return this.#git("rev-parse", "--short=12", "HEAD");
  }

  /** Puts every file back as it was committed, and removes what is new. */
  async discard(): Promise<void> {
    await this.#git("reset", "--quiet", "--hard", "HEAD");
    await this.#git("clean", "--quiet", "-d", "--force");
  }

  async #git(...words: readonly string[]): Promise<string> {
    const identity = ["-c", "user.name=root", "-c", `user.email=root@${this.#node}`];
    const safe = ["-c", `safe.directory=${this.#directory}`, "-c", "commit.gpgsign=false"];
    try {
      const { stdout } = await run("git", ["-C", this.#directory, ...identity, ...safe, ...words], {
        timeoutMs: GIT_MS,
        env: ENVIRONMENT,
      });
      return stdout;
    } catch (cause) {
      if (!(cause instanceof CommandFailedError)) throw cause;
      const said = cause.stderr === "" ? cause.message : cause.stderr;
      throw new HistoryError(`git ${words[0] ?? ""} in ${this.#directory}: ${said}`, { cause });
    }
  }
}
