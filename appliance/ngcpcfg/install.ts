import { link, lstat, mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ApplianceError } from "../errors.ts";
import { isErrno } from "../system/errno.ts";
import type { BuiltFile } from "./build.ts";
import type { Move } from "./intent.ts";
import {
  clearAway,
  IntentRecord,
  keptAt,
  stagedAt,
  syncDirectoriesOf,
  syncDirectory,
} from "./intent.ts";

export interface FileChange {
  /** Absolute path on the node. */
  readonly path: string;
  readonly kind: "added" | "changed";
}

export class InstallFailedError extends ApplianceError {
  override readonly name = "InstallFailedError";
  readonly code = "NGCP_INSTALL_FAILED";

  constructor(path: string, problem: string, options?: ErrorOptions) {
    super(`${path} could not be written: ${problem}; every file is as it was before`, options);
  }
}

/** Neither the new set nor the old one could be brought about; both are still there beside the files. */
export class InstallInterruptedError extends ApplianceError {
  override readonly name = "InstallInterruptedError";
  readonly code = "NGCP_INSTALL_INTERRUPTED";

  constructor(path: string, problem: string, options?: ErrorOptions) {
    super(
      `${path} could not be written: ${problem}; make room, then ngcpcfg recover finishes what was begun`,
      options,
    );
  }
}

const PERMISSIONS = 0o777;

interface Target {
  readonly file: BuiltFile;
  /** Where the file is written to, below the root that is installed into. */
  readonly at: string;
  /** Whose the file was that is replaced, and so will be; absent for a new one. */
  readonly owner: Owner | undefined;
}

interface Owner {
  readonly uid: number;
  readonly gid: number;
}

const failingFor = async <Result>(path: string, work: () => Promise<Result>): Promise<Result> => {
  try {
    return await work();
  } catch (cause) {
    if (!isErrno(cause)) throw cause;
    throw new InstallFailedError(path, cause.message, { cause });
  }
};

const statOf = async (path: string): Promise<Awaited<ReturnType<typeof lstat>> | undefined> => {
  try {
    return await lstat(path);
  } catch (error) {
    if (isErrno(error) && error.code === "ENOENT") return undefined;
    throw error;
  }
};

/** What has to be written, and `undefined` for a file that is as it must be. */
const targetOf = async (file: BuiltFile, root: string): Promise<Target | undefined> => {
  const at = join(root, file.path);
  const stat = await statOf(at);
  if (stat === undefined) return { file, at, owner: undefined };
  if (!stat.isFile()) throw new InstallFailedError(file.path, "something that is no file is there");
  const same =
    (Number(stat.mode) & PERMISSIONS) === file.mode &&
    (await readFile(at)).equals(Buffer.from(file.content));
  return same ? undefined : { file, at, owner: { uid: Number(stat.uid), gid: Number(stat.gid) } };
};

const targetsOf = async (files: readonly BuiltFile[], root: string): Promise<readonly Target[]> => {
  const targets: Target[] = [];
  for (const file of files) {
    const target = await failingFor(file.path, () => targetOf(file, root));
    if (target !== undefined) targets.push(target);
  }
  return targets;
};

const describe = (targets: readonly Target[]): readonly FileChange[] =>
  targets.map(({ file, owner }) => ({
    path: file.path,
    kind: owner === undefined ? "added" : "changed",
  }));

/** What `install` would write; nothing is written. */
export const changesOf = async (
  files: readonly BuiltFile[],
  root = "/",
): Promise<readonly FileChange[]> => describe(await targetsOf(files, root));

const stage = async (target: Target): Promise<void> => {
  const { file, at, owner } = target;
  await mkdir(dirname(at), { recursive: true });
  await rm(stagedAt(target), { force: true });
  const handle = await open(stagedAt(target), "wx", file.mode);
  try {
    if (owner !== undefined) await handle.chown(owner.uid, owner.gid);
    await handle.chmod(file.mode);
    await handle.writeFile(file.content);
    await handle.sync();
  } finally {
    await handle.close();
  }
};

const keepOld = async (target: Target): Promise<void> => {
  const { at, owner } = target;
  await rm(keptAt(target), { force: true });
  if (owner !== undefined) await link(at, keptAt(target));
};

const movesOf = (targets: readonly Target[]): readonly Move[] =>
  targets.map(({ at, owner }) => ({ at, existed: owner !== undefined }));

/** Every new file, and every old one under another name, is on the disk when this is done. */
const stageAll = async (targets: readonly Target[]): Promise<void> => {
  for (const target of targets) {
    await failingFor(target.file.path, async () => {
      await stage(target);
      await keepOld(target);
    });
  }
  await syncDirectoriesOf(targets.map(({ at }) => at));
};

const failedAt = (cause: NodeJS.ErrnoException, targets: readonly Target[]): string =>
  targets.find(({ at }) => cause.path === stagedAt({ at }))?.file.path ?? cause.path ?? "a file";

/** When the way forward is barred, everything goes back; when that is barred too, the record stays and says what to do. */
const moveAll = async (
  moves: readonly Move[],
  record: IntentRecord,
  targets: readonly Target[],
): Promise<void> => {
  try {
    await record.forward(moves);
  } catch (cause) {
    if (!isErrno(cause)) throw cause;
    const path = failedAt(cause, targets);
    if (await record.exists()) await wayBack(moves, record, path);
    else await record.settle();
    await clearAway(moves);
    throw new InstallFailedError(path, cause.message, { cause });
  }
};

const wayBack = async (
  moves: readonly Move[],
  record: IntentRecord,
  path: string,
): Promise<void> => {
  try {
    await record.back(moves);
  } catch (cause) {
    if (!isErrno(cause)) throw cause;
    throw new InstallInterruptedError(path, cause.message, { cause });
  }
};

/** A set of files that is in its place, and can still be taken back. */
export interface Installation {
  readonly changes: readonly FileChange[];
  /** Puts every file back as it was; a power cut on the way does not stop it half-way. */
  readonly undo: () => Promise<void>;
  /** There is no way back from here on. */
  readonly settle: () => Promise<void>;
}

/** Where a set of files goes. */
export interface InstallPlace {
  /** What stands for `/`. */
  readonly root: string;
  /** Holds the record of an installation that is under way: /var/lib/ngcpcfg. */
  readonly stateDirectory: string;
}

/**
 * Writes every file that differs, all or nothing, also when the power goes: each is complete and on the disk under
 * another name before a record says that they are to be renamed, and `recover` finishes what that record says.
 *
 * @throws {InstallFailedError} when one cannot be written; then none has changed
 */
export const install = async (
  files: readonly BuiltFile[],
  { root, stateDirectory }: InstallPlace,
): Promise<Installation> => {
  const record = new IntentRecord(stateDirectory);
  await record.recover();
  const targets = await targetsOf(files, root);
  await clearAway(files.map(({ path }) => ({ at: join(root, path) })));
  const moves = movesOf(targets);
  if (targets.length > 0) {
    try {
      await stageAll(targets);
    } catch (error) {
      await clearAway(moves);
      throw error;
    }
    await moveAll(moves, record, targets);
  }
  return {
    changes: describe(targets),
    undo: async () => {
      if (moves.length > 0) await record.back(moves);
      await clearAway(moves);
    },
    settle: async () => {
      await record.settle();
      await clearAway(moves);
    },
  };
};

/**
 * Finishes an installation that a power cut interrupted, one way or the other.
 *
 * @returns the files that were on their way
 */
export const recover = (stateDirectory: string): Promise<readonly string[]> =>
  new IntentRecord(stateDirectory).recover();

/**
 * Puts one file in its place, whole, or leaves what is there.
 *
 * @param root the directory that stands for `/`
 * @throws {InstallFailedError} when it cannot be written
 */
export const replaceFile = async (file: BuiltFile, root: string): Promise<void> => {
  await failingFor(file.path, async () => {
    const target = await targetOf(file, root);
    if (target === undefined) return;
    try {
      await stage(target);
      await rename(stagedAt(target), target.at);
      await syncDirectory(dirname(target.at));
    } finally {
      await rm(stagedAt(target), { force: true });
    }
  });
};
