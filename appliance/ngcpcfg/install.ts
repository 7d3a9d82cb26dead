import { link, lstat, mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ApplianceError } from "../errors.ts";
import { isErrno } from "../system/errno.ts";
import type { BuiltFile } from "./build.ts";

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

const PERMISSIONS = 0o777;
const STAGED = ".ngcp-new";
const KEPT = ".ngcp-old";

interface Target {
  readonly file: BuiltFile;
  /** Where the file is written to, below the root that is installed into. */
  readonly at: string;
  readonly existed: boolean;
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
  if (stat === undefined) return { file, at, existed: false };
  if (!stat.isFile()) throw new InstallFailedError(file.path, "something that is no file is there");
  const same =
    (Number(stat.mode) & PERMISSIONS) === file.mode &&
    (await readFile(at)).equals(Buffer.from(file.content));
  return same ? undefined : { file, at, existed: true };
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
  targets.map(({ file, existed }) => ({ path: file.path, kind: existed ? "changed" : "added" }));

/** What `install` would write; nothing is written. */
export const changesOf = async (
  files: readonly BuiltFile[],
  root = "/",
): Promise<readonly FileChange[]> => describe(await targetsOf(files, root));

const stage = async ({ file, at }: Target): Promise<void> => {
  await mkdir(dirname(at), { recursive: true });
  await rm(at + STAGED, { force: true });
  const handle = await open(at + STAGED, "wx", file.mode);
  try {
    await handle.chmod(file.mode);
    await handle.writeFile(file.content);
    await handle.sync();
  } finally {
    await handle.close();
  }
};

const keepOld = async ({ at, existed }: Target): Promise<void> => {
  if (!existed) return;
  await rm(at + KEPT, { force: true });
  await link(at, at + KEPT);
};

const putBack = ({ at, existed }: Target): Promise<void> =>
  existed ? rename(at + KEPT, at) : rm(at, { force: true });

const syncDirectory = async (path: string): Promise<void> => {
  const handle = await open(path, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
};

const renameAll = async (targets: readonly Target[]): Promise<void> => {
  const renamed: Target[] = [];
  try {
    for (const target of targets) {
      await failingFor(target.file.path, () => rename(target.at + STAGED, target.at));
      renamed.push(target);
    }
    for (const directory of new Set(targets.map(({ at }) => dirname(at)))) {
      await failingFor(directory, () => syncDirectory(directory));
    }
  } catch (error) {
    for (const target of renamed) await putBack(target);
    throw error;
  }
};

/**
 * Writes every file that differs, all or nothing: each is complete and on the disk under another name
 * before the first takes its place.
 *
 * @param root the directory that stands for `/`
 * @throws {InstallFailedError} when one cannot be written; then none has changed
 */
export const install = async (
  files: readonly BuiltFile[],
  root = "/",
): Promise<readonly FileChange[]> => {
  const targets = await targetsOf(files, root);
  try {
    for (const target of targets) {
      await failingFor(target.file.path, async () => {
        await stage(target);
        await keepOld(target);
      });
    }
    await renameAll(targets);
  } finally {
    for (const { at } of targets) {
      await rm(at + STAGED, { force: true });
      await rm(at + KEPT, { force: true });
    }
  }
  return describe(targets);
};
