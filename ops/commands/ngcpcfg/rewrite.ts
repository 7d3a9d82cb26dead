import { access, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { load } from "../../../appliance/config/load.ts";
import { ConfigInvalidError, describeProblem } from "../../../appliance/config/problem.ts";
import { ApplianceError } from "../../../appliance/errors.ts";
import { replaceFile } from "../../../appliance/ngcpcfg/install.ts";
import { nodeNamed } from "../../../appliance/ngcpcfg/site.ts";
import { isErrno } from "../../../appliance/system/errno.ts";
import { decodeUtf8 } from "../../../appliance/system/text.ts";
import type { ExitName } from "../../exit-status.ts";
import type { Desk } from "../../tool.ts";
import type { ConfigGround } from "./ground.ts";

/** What an operator asked for and cannot have; nothing was changed. */
export class ValueRefusedError extends ApplianceError {
  override readonly name = "ValueRefusedError";
  readonly code = "NGCP_VALUE_REFUSED";
}

const DEFAULT_MODE = 0o640;
const PERMISSIONS = 0o777;

/**
 * Empty where there is no such file.
 *
 * @throws {ValueRefusedError} for what is no text: written again it would not be the same
 */
export const textOf = async (path: string): Promise<string> => {
  try {
    const text = decodeUtf8(await readFile(path));
    if (text !== undefined) return text;
  } catch (error) {
    if (!isErrno(error)) throw error;
    if (error.code === "ENOENT") return "";
    throw new ValueRefusedError(`${path} could not be read: ${error.message}`, { cause: error });
  }
  throw new ValueRefusedError(`${path} is not written in UTF-8: put that right with an editor`);
};

/** Files that there must be; a new one in their place would say nothing of what the lost one said. */
const ALWAYS_THERE = ["config.yml", "network.yml"];

const refuseLost = async (directory: string, file: string): Promise<void> => {
  if (!ALWAYS_THERE.includes(file)) return;
  try {
    await access(join(directory, file));
  } catch (cause) {
    throw new ValueRefusedError(
      `${file} is not there: ngcpcfg clean brings back what was committed last`,
      { cause },
    );
  }
};

const modeOf = async (path: string): Promise<number> => {
  try {
    return (await stat(path)).mode & PERMISSIONS;
  } catch {
    return DEFAULT_MODE;
  }
};

/** A file of one node is checked as that node reads it. */
const readerOf = (file: string, desk: Desk): "sp1" | "sp2" =>
  nodeNamed(/^config\.(sp[12])\.yml$/.exec(file)?.[1] ?? desk.node);

/** A new text for one file of the configuration. */
export interface Draft {
  /** Its name below /etc/ngcp-config. */
  readonly file: string;
  readonly edit: (before: string) => string;
  /** What the operator asked for, to be named when it is refused. */
  readonly what: string;
}

/** Checks the whole configuration with the new text in it, and only then writes. */
export const rewrite = async (
  desk: Desk,
  { site }: ConfigGround,
  { file, edit, what }: Draft,
): Promise<ExitName> => {
  const path = join(site.configDirectory, file);
  await refuseLost(site.configDirectory, file);
  const before = await textOf(path);
  try {
    const text = edit(before);
    if (text === before) {
      desk.say(`OK:   ${file} says so already.`);
      return "done";
    }
    await load(site.configDirectory, readerOf(file, desk), site.host, new Map([[file, text]]));
    const mode = await modeOf(path);
    await replaceFile({ path: `/${file}`, content: text, mode }, site.configDirectory);
  } catch (error) {
    if (!(error instanceof ConfigInvalidError)) throw error;
    for (const problem of error.problems) desk.complain(`Error: ${describeProblem(problem)}`);
    desk.complain(`${error.code}: ${file} is as it was: with ${what} it would be wrong`);
    return "failed";
  }
  desk.say(`OK:   ${file} is changed; ngcpcfg apply "message" puts it into force.`);
  return "done";
};
