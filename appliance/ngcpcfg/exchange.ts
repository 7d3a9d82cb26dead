import { chmod, chown, copyFile, mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Git, HistoryError } from "./git.ts";

/** A commit, and the content that it stands for. */
export interface Standing {
  readonly commit: string;
  readonly tree: string;
}

/** Whose a file is: git knows neither, and would let everybody read what it writes. */
export interface Owned {
  /** Below the configuration's folder. */
  readonly path: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

const PERMISSIONS = 0o777;
const LAYER_MODE = 0o640;
const MODE = 0o644;
const OFFERED = "refs/ngcpcfg/offered";
const TAKEN = "refs/ngcpcfg/taken";

const linesOf = (text: string): readonly string[] => text.split("\n").filter((line) => line !== "");

/** How commits of the configuration get from one node to the other, and into force there. */
export class Exchange {
  readonly #directory: string;
  readonly #git: Git;

  /** @param node signs what is committed */
  constructor(directory: string, node: string) {
    this.#directory = directory;
    this.#git = new Git(directory, node);
  }

  /** The last commit. */
  async standing(): Promise<Standing> {
    const text = await this.#git.run("rev-parse", "HEAD", "HEAD^{tree}");
    const [commit = "", tree = ""] = text.split("\n");
    return { commit, tree };
  }

  /** The content of the files as they lie there, committed or not. */
  async treeOfFiles(): Promise<string> {
    const index = join(this.#directory, `.git/ngcpcfg-tree.${process.pid}`);
    const apart = { GIT_INDEX_FILE: index };
    try {
      // With what the index knows of the files: otherwise each is read again.
      await copyFile(join(this.#directory, ".git/index"), index);
      await this.#git.runWith(apart, "add", "--all");
      return await this.#git.runWith(apart, "write-tree");
    } finally {
      await rm(index, { force: true });
    }
  }

  /** A commit of the files as they lie there, on no branch yet; the last commit where nothing differs from it. */
  async snapshot(message: string): Promise<Standing> {
    const last = await this.standing();
    const tree = await this.treeOfFiles();
    if (tree === last.tree) return last;
    const words = ["commit-tree", tree, "-p", last.commit, "-m", message];
    return { commit: await this.#git.run(...words), tree };
  }

  /** `commit` and all before it, with their content, the newest first. */
  async lineage(commit: string): Promise<readonly Standing[]> {
    const text = await this.#git.run("log", "--format=%H %T", "--end-of-options", commit);
    return linesOf(text).map((line) => {
      const [id = "", tree = ""] = line.split(" ");
      return { commit: id, tree };
    });
  }

  /** The content of a commit. */
  treeOf(commit: string): Promise<string> {
    return this.#git.run("rev-parse", `${commit}^{tree}`);
  }

  /**
   * @param known what the receiver has, where that is of this history: it and what is before it are left out
   * @returns a git bundle
   */
  async pack(commit: string, known: string | undefined): Promise<Buffer> {
    const file = join(this.#directory, `.git/ngcpcfg-bundle.${process.pid}`);
    try {
      await this.#git.run("update-ref", OFFERED, commit);
      const without = known === undefined ? [] : [`^${known}`];
      await this.#git.run("bundle", "create", "--quiet", file, OFFERED, ...without);
      return await readFile(file);
    } finally {
      await rm(file, { force: true });
    }
  }

  /** @throws {HistoryError} for a bundle that is damaged, or not of `commit` */
  async unpack(bundle: Buffer, commit: string): Promise<void> {
    const file = join(this.#directory, `.git/ngcpcfg-bundle.${process.pid}`);
    try {
      await writeFile(file, bundle, { mode: 0o600 });
      const checked = ["-c", "fetch.fsckObjects=true"];
      const words = ["fetch", "--quiet", "--no-tags", file, `+${OFFERED}:${TAKEN}`];
      await this.#git.run(...checked, ...words);
    } finally {
      await rm(file, { force: true });
    }
    if ((await this.#git.run("rev-parse", TAKEN)) !== commit)
      throw new HistoryError("the bundle that arrived is of another commit than it says");
  }

  /** Writes the files of a commit into a folder of their own, for root alone. */
  async exportTo(commit: string, folder: string): Promise<void> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const index = join(this.#directory, `.git/ngcpcfg-export.${process.pid}`);
    const apart = { GIT_INDEX_FILE: index };
    try {
      await this.#git.runWith(apart, "read-tree", commit);
      await this.#git.runWith(apart, "checkout-index", "--all", "--force", `--prefix=${folder}/`);
    } finally {
      await rm(index, { force: true });
    }
  }

  /** Makes `commit` the last one; the files stay as they are. */
  async moveTo(commit: string): Promise<void> {
    await this.#git.clearLocks();
    await this.#git.run("reset", "--quiet", commit);
  }

  /** Keeps the last commit under a name, where it is about to be left. */
  async keepAs(branch: string): Promise<void> {
    await this.#git.run("branch", "--force", branch, "HEAD");
  }

  /** Whose the files are that `commit` would change or bring. */
  async ownersBefore(commit: string): Promise<readonly Owned[]> {
    const [changed, added] = await Promise.all(
      ["MT", "A"].map(async (kinds) =>
        linesOf(
          await this.#git.run("diff", "--name-only", `--diff-filter=${kinds}`, "HEAD", commit),
        ),
      ),
    );
    const { gid } = await stat(join(this.#directory, "config.yml"));
    const present = (changed ?? []).map(async (path) => {
      const { mode, uid, gid: group } = await stat(join(this.#directory, path));
      return { path, mode: mode & PERMISSIONS, uid, gid: group };
    });
    const layers = (added ?? []).map((path) => ({
      path,
      mode: path.endsWith(".yml") ? LAYER_MODE : MODE,
      uid: 0,
      gid: path.endsWith(".yml") ? gid : 0,
    }));
    return [...(await Promise.all(present)), ...layers];
  }

  /** Makes the files and the history those of `commit`. It can be done again when it was cut off. */
  async adopt(commit: string, owners: readonly Owned[]): Promise<void> {
    await this.#git.clearLocks(-1);
    await this.#git.run("reset", "--quiet", "--hard", commit);
    for (const { path, mode, uid, gid } of owners) {
      const at = join(this.#directory, path);
      await mkdir(dirname(at), { recursive: true });
      if (process.getuid?.() === 0) await chown(at, uid, gid);
      await chmod(at, mode);
    }
  }
}
