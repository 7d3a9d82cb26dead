import { access, chmod, chown, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isErrno } from "../system/errno.ts";
import { ApplianceError } from "../errors.ts";
import { Git, HistoryError } from "./git.ts";

interface Owned {
  readonly path: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

const PERMISSIONS = 0o777;
/** The one branch whose commits count. */
export const BRANCH = "master";

/** What never goes into the history: the secrets of the pair, and what is put aside while a file is written. */
const IGNORED = ["*constants.yml*", "ssl/", "*.ngcp-new", "*.ngcp-old", "*~", "*.swp", ""].join(
  "\n",
);
/** The commits are there no more, or not to be found. */
class HistoryDamagedError extends ApplianceError {
  override readonly name = "HistoryDamagedError";
  readonly code = "NGCP_HISTORY_DAMAGED";

  constructor(directory: string, cause: HistoryError) {
    super(
      `${cause.message}; the history of ${directory} is damaged, its files are not: the peer has a copy of the history; mv ${directory}/.git elsewhere, ngcpcfg initialise, then ngcpcfg pull --replace`,
      { cause },
    );
  }
}

/** The history of /etc/ngcp-config. */
export class History {
  readonly #directory: string;
  readonly #git: Git;

  /** @param node signs what is committed */
  constructor(directory: string, node: string) {
    this.#directory = directory;
    this.#git = new Git(directory, node);
  }

  /**
   * True from the first commit on.
   *
   * @throws {HistoryDamagedError} when there were commits, and the last one cannot be found
   */
  async isInitialised(): Promise<boolean> {
    try {
      await access(this.#pathOf(".git"));
    } catch {
      return false;
    }
    try {
      await this.head();
      return true;
    } catch (cause) {
      if (!(cause instanceof HistoryError)) throw cause;
      if (await this.#hadCommits()) throw new HistoryDamagedError(this.#directory, cause);
      return false;
    }
  }

  /** Git notes each step of HEAD from the first commit on. */
  async #hadCommits(): Promise<boolean> {
    try {
      return (await stat(this.#pathOf(".git/logs/HEAD"))).size > 0;
    } catch (error) {
      if (isErrno(error) && error.code === "ENOENT") return false;
      throw error;
    }
  }

  /** @returns undefined when a commit is checked out without a branch */
  async branch(): Promise<string | undefined> {
    const head = await readFile(this.#pathOf(".git/HEAD"), "utf8");
    return /^ref: refs\/heads\/(.+)$/m.exec(head)?.[1];
  }

  /** Whether `commit` names one, in any of git's ways. */
  async has(commit: string): Promise<boolean> {
    try {
      await this.#git.run(
        "rev-parse",
        "--quiet",
        "--verify",
        "--end-of-options",
        `${commit}^{commit}`,
      );
      return true;
    } catch (error) {
      if (error instanceof HistoryError) return false;
      throw error;
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
    await this.#git.clearLocks();
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
    await this.#git.clearLocks();
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
