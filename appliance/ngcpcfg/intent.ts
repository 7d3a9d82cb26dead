import { mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ApplianceError } from "../errors.ts";
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
type Direction = "forward" | "back";

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
/** The way back, written before the way forward is gone: later the disk may be full. */
const WAY_BACK = "install.back.json";

/** What says how an interrupted installation goes on cannot be read. */
export class RecordDamagedError extends ApplianceError {
  override readonly name = "RecordDamagedError";
  readonly code = "NGCP_RECORD_DAMAGED";

  constructor(path: string, cause: Error) {
    super(
      `${path} cannot be read (${cause.message}): look at what lies beside the files as .ngcp-new and .ngcp-old, remove the record, then ngcpcfg apply`,
      { cause },
    );
  }
}

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

/** Takes staged and kept files away: of these, or what an installation left that was killed before its record stood. */
export const clearAway = async (moves: readonly Pick<Move, "at">[]): Promise<void> => {
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

  /** Puts the staged files in their places, all of them. Staged and kept ones must be on the disk. */
  async forward(moves: readonly Move[]): Promise<void> {
    await this.#write(WAY_BACK, { direction: "back", moves });
    await this.#write(FILE, { direction: "forward", moves });
    await this.#finish({ direction: "forward", moves });
  }

  /** Puts the kept files back, all of them; after `forward`, and without a byte more on the disk. */
  async back(moves: readonly Move[]): Promise<void> {
    await rename(join(this.#directory, WAY_BACK), join(this.#directory, FILE));
    await syncDirectory(this.#directory);
    await this.#finish({ direction: "back", moves });
  }

  /** There is no way back any more. */
  async settle(): Promise<void> {
    await rm(join(this.#directory, WAY_BACK), { force: true });
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
    await this.settle();
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
    const path = join(this.#directory, FILE);
    try {
      return JSON.parse(await readFile(path, "utf8")) as Intent;
    } catch (error) {
      if (isMissing(error)) return undefined;
      if (error instanceof SyntaxError) throw new RecordDamagedError(path, error);
      throw error;
    }
  }

  async #write(name: string, intent: Intent): Promise<void> {
    await mkdir(this.#directory, { recursive: true, mode: 0o755 });
    const path = join(this.#directory, name);
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
