import { mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { isErrno } from "../system/errno.ts";

/** A new file on its way to its place, complete and on the disk. */
const STAGED = ".ngcp-new";
/** The old file, for the way back. */
const KEPT = ".ngcp-old";

/** Where one file goes; below it stand the staged and the kept one. */
export interface Move {
  /** Path on this machine. */
  readonly at: string;
  /** Whether a file was there before. */
  readonly existed: boolean;
}

export const stagedAt = ({ at }: Pick<Move, "at">): string => at + STAGED;
export const keptAt = ({ at }: Pick<Move, "at">): string => at + KEPT;

/** Which set of files is to stand in the end: the new one, or the old one again. */
export type Direction = "forward" | "back";

interface Intent {
  readonly direction: Direction;
  readonly moves: readonly Move[];
}

/** What is written to a file counts when the file and its name are on the disk. */
export const syncDirectory = async (path: string): Promise<void> => {
  const handle = await open(path, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
};

export const syncDirectoriesOf = async (paths: readonly string[]): Promise<void> => {
  for (const directory of new Set(paths.map((path) => dirname(path))))
    await syncDirectory(directory);
};

const FILE = "install.json";

const isMissing = (error: unknown): boolean => isErrno(error) && error.code === "ENOENT";

const renameIfThere = async (from: string, to: string): Promise<void> => {
  try {
    await rename(from, to);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
};

/** Brings one file to where `direction` leads; harmless when that was done before. */
const carryOut = async (move: Move, direction: Direction): Promise<void> => {
  if (direction === "forward") await renameIfThere(stagedAt(move), move.at);
  else if (move.existed) await renameIfThere(keptAt(move), move.at);
  else await rm(move.at, { force: true });
};

export const clearAway = async (moves: readonly Move[]): Promise<void> => {
  for (const move of moves) {
    await rm(stagedAt(move), { force: true });
    await rm(keptAt(move), { force: true });
  }
};

/**
 * The record of an installation that is under way. From the moment it is on the disk all files are renamed, whatever
 * dies; without it nothing has been.
 */
export class IntentRecord {
  readonly #directory: string;

  /** @param directory usually /var/lib/ngcpcfg */
  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Carries `moves` out in one direction, to the end. The staged or kept files must be on the disk. */
  async carryOut(moves: readonly Move[], direction: Direction): Promise<void> {
    await this.#write({ direction, moves });
    await this.#finish({ direction, moves });
  }

  /**
   * Finishes what a power cut interrupted.
   *
   * @returns the files that were on their way, none when nothing was
   */
  async recover(): Promise<readonly string[]> {
    const intent = await this.#read();
    if (intent === undefined) return [];
    await this.#finish(intent);
    return intent.moves.map(({ at }) => at);
  }

  /** True while an installation is under way, or was interrupted. */
  async exists(): Promise<boolean> {
    return (await this.#read()) !== undefined;
  }

  async #finish({ direction, moves }: Intent): Promise<void> {
    for (const move of moves) await carryOut(move, direction);
    await syncDirectoriesOf(moves.map(({ at }) => at));
    await rm(join(this.#directory, FILE), { force: true });
    await syncDirectory(this.#directory);
  }

  async #read(): Promise<Intent | undefined> {
    try {
      return JSON.parse(await readFile(join(this.#directory, FILE), "utf8")) as Intent;
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  async #write(intent: Intent): Promise<void> {
    await mkdir(this.#directory, { recursive: true, mode: 0o755 });
    const path = join(this.#directory, FILE);
    const handle = await open(`${path}.new`, "w", 0o600);
    try {
      await handle.writeFile(JSON.stringify(intent));
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(`${path}.new`, path);
    await syncDirectory(this.#directory);
  }
}
