import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { writeConstants } from "../pair/secrets.ts";
import { isErrno } from "../system/errno.ts";
import type { Exchange, Owned } from "./exchange.ts";
import { replaceFile } from "./install.ts";
import { RecordDamagedError } from "./intent.ts";

/** A commit of the peer whose files are in force, on its way to be that of /etc/ngcp-config too. */
export interface Adoption {
  readonly commit: string;
  readonly owners: readonly Owned[];
  /** The text of constants.yml, where the peer's is another one. */
  readonly constants?: string | undefined;
}

const FILE = "adopt.json";
const FOR_ROOT_ALONE = 0o600;

interface Place {
  readonly configDirectory: string;
  readonly stateDirectory: string;
  readonly exchange: Exchange;
}

const finish = async (adoption: Adoption, place: Place): Promise<void> => {
  const { configDirectory, stateDirectory, exchange } = place;
  if (adoption.constants !== undefined) await writeConstants(configDirectory, adoption.constants);
  await exchange.adopt(adoption.commit, adoption.owners);
  await rm(join(stateDirectory, FILE), { force: true });
};

/** Makes history, files and secrets those of the peer; what a power cut interrupts is finished by `recoverAdoption`. */
export const adopt = async (adoption: Adoption, place: Place): Promise<void> => {
  const content = JSON.stringify(adoption);
  await replaceFile({ path: `/${FILE}`, content, mode: FOR_ROOT_ALONE }, place.stateDirectory);
  await finish(adoption, place);
};

/**
 * @returns the commit that was on its way, undefined when none was
 * @throws {RecordDamagedError} when the record of it cannot be read
 */
export const recoverAdoption = async (place: Place): Promise<string | undefined> => {
  const path = join(place.stateDirectory, FILE);
  try {
    const text = await readFile(path, "utf8");
    const adoption = JSON.parse(text) as Adoption;
    await finish(adoption, place);
    return adoption.commit;
  } catch (error) {
    if (isErrno(error) && error.code === "ENOENT") return undefined;
    if (error instanceof SyntaxError) throw new RecordDamagedError(path, error);
    throw error;
  }
};
