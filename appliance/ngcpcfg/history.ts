import { access, chmod, chown, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ApplianceError } from "../errors.ts";
import { isErrno } from "../system/errno.ts";
import { CommandFailedError, run } from "../system/command.ts";

export class HistoryError extends ApplianceError {
  override readonly name = "HistoryError";
  readonly code = "NGCP_HISTORY_FAILED";
}

interface Owned {
  readonly path: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

const PERMISSIONS = 0o777;
const GIT_MS = 30_000;
const BRANCH = "master";

/** What never goes into the history: the secrets of the pair, and what is put aside while a file is written. */
const IGNORED = ["*constants.yml*", "ssl/", "*.ngcp-new", "*.ngcp-old", "*~", "*.swp", ""].join(
  "\n",
);
/** A git that was killed leaves this behind; one that works has it for less than this. */
const INDEX_LOCK_MS = 5_000;

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

  /** True from the first commit on. */
  async isInitialised(): Promise<boolean> {
    try {
      await access(this.#pathOf(".git"));
      await this.head();
      return true;
    } catch {
      return false;
    }
  }

  /** Makes the repository; nothing is in it yet. It may have been begun before. */
  async initialise(): Promise<void> {
    // First of all: whatever comes later, the secrets stay out.
    await writeFile(this.#pathOf(".gitignore"), IGNORED);
    await this.#git("init", "--quiet", `--initial-branch=${BRANCH}`);
    // Git's own files show what the configuration shows: to nobody but root.
    await chmod(this.#pathOf(".git"), 0o700);
  }

  #pathOf(name: string): string {
    return join(this.#directory, name);
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
    await this.#clearIndexLock();
    await this.#git("add", "--all", "--", below);
    const staged = await this.#git("diff", "--cached", "--name-only", "--", below);
    if (staged === "") return false;
    await this.#git("commit", "--quiet", "--no-verify", `--message=${message}`, "--", below);
    return true;
  }

  /** The differences to the last commit, files that are new among them. */
  async diff(): Promise<string> {
    // In an index of its own: to look at the history changes nothing in it.
    const index = this.#pathOf(`.git/ngcpcfg-index.${process.pid}`);
    const apart = { GIT_INDEX_FILE: index };
    try {
      await this.#gitWith(apart, "read-tree", "HEAD");
      await this.#gitWith(apart, "add", "--all", "--intent-to-add");
      return await this.#gitWith(apart, "diff", "HEAD");
    } finally {
      await rm(index, { force: true });
    }
  }

  async #clearIndexLock(): Promise<void> {
    const lock = this.#pathOf(".git/index.lock");
    try {
      const { mtimeMs } = await stat(lock);
      if (Date.now() - mtimeMs > INDEX_LOCK_MS) await rm(lock);
    } catch (error) {
      if (!(isErrno(error) && error.code === "ENOENT")) throw error;
    }
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

  /** Puts every file back as it was committed, and what was changed or new aside: `git stash pop` brings that back. */
  async putAside(): Promise<void> {
    await this.#clearIndexLock();
    const before = await this.#ownersOfChanged();
    await this.#git("stash", "push", "--quiet", "--include-untracked");
    for (const { path, mode, uid, gid } of before) {
      await chown(path, uid, gid);
      await chmod(path, mode);
    }
  }

  /** Git knows neither owners nor modes: a file that it writes would be everybody's to read. */
  async #ownersOfChanged(): Promise<readonly Owned[]> {
    const names = await this.#git("diff", "--name-only", "--diff-filter=M", "HEAD");
    const paths = names
      .split("\n")
      .filter((name) => name !== "")
      .map((name) => join(this.#directory, name));
    return Promise.all(
      paths.map(async (path) => {
        const { mode, uid, gid } = await stat(path);
        return { path, mode: mode & PERMISSIONS, uid, gid };
      }),
    );
  }

  #git(...words: readonly string[]): Promise<string> {
    return this.#gitWith({}, ...words);
  }

  async #gitWith(
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
