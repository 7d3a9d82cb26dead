import { access, chmod, chown, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isErrno } from "../system/errno.ts";
import { Git } from "./git.ts";

interface Owned {
  readonly path: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

const PERMISSIONS = 0o777;
const BRANCH = "master";

/** What never goes into the history: the secrets of the pair, and what is put aside while a file is written. */
const IGNORED = ["*constants.yml*", "ssl/", "*.ngcp-new", "*.ngcp-old", "*~", "*.swp", ""].join(
  "\n",
);
/** A git that was killed leaves this behind; one that works has it for less than this. */
const INDEX_LOCK_MS = 5_000;

/** The history of /etc/ngcp-config. */
export class History {
  readonly #directory: string;
  readonly #git: Git;

  /** @param node signs what is committed */
  constructor(directory: string, node: string) {
    this.#directory = directory;
    this.#git = new Git(directory, node);
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
    await this.#git.run("init", "--quiet", `--initial-branch=${BRANCH}`);
    // Git's own files show what the configuration shows: to nobody but root.
    await chmod(this.#pathOf(".git"), 0o700);
  }

  #pathOf(name: string): string {
    return join(this.#directory, name);
  }

  /** One line for each file that differs from the last commit, as git status shows it; none when the tree is clean. */
  async changes(): Promise<readonly string[]> {
    const text = await this.#git.run("status", "--porcelain", "--untracked-files=all");
    return text.split("\n").filter((line) => line !== "");
  }

  /**
   * @param below commits what is below this folder alone
   * @returns false when there was nothing to commit
   */
  async commit(message: string, below = "."): Promise<boolean> {
    await this.#clearIndexLock();
    await this.#git.run("add", "--all", "--", below);
    const staged = await this.#git.run("diff", "--cached", "--name-only", "--", below);
    if (staged === "") return false;
    await this.#git.run("commit", "--quiet", "--no-verify", `--message=${message}`, "--", below);
    return true;
  }

  /** The differences to the last commit, files that are new among them. */
  async diff(): Promise<string> {
    // In an index of its own: to look at the history changes nothing in it.
    const index = this.#pathOf(`.git/ngcpcfg-index.${process.pid}`);
    const apart = { GIT_INDEX_FILE: index };
    try {
      await this.#git.runWith(apart, "read-tree", "HEAD");
      await this.#git.runWith(apart, "add", "--all", "--intent-to-add");
      return await this.#git.runWith(apart, "diff", "HEAD");
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
    return this.#git.run("log", `--max-count=${count}`, "--date=iso", "--format=%h %ad %s");
  }

  /** One commit: who, when, why, and what it changed. */
  show(commit: string): Promise<string> {
    return this.#git.run("show", "--date=iso", "--end-of-options", commit);
  }

  /** The id of the last commit. */
  head(): Promise<string> {
    return this.#git.run("rev-parse", "--short=12", "HEAD");
  }

  /** Puts every file back as it was committed, and what was changed or new aside: `git stash pop` brings that back. */
  async putAside(): Promise<void> {
    await this.#clearIndexLock();
    const before = await this.#ownersOfChanged();
    await this.#git.run("stash", "push", "--quiet", "--include-untracked");
    for (const { path, mode, uid, gid } of before) {
      await chown(path, uid, gid);
      await chmod(path, mode);
    }
  }

  /** Git knows neither owners nor modes: a file that it writes would be everybody's to read. */
  async #ownersOfChanged(): Promise<readonly Owned[]> {
    const names = await this.#git.run("diff", "--name-only", "--diff-filter=M", "HEAD");
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
}
