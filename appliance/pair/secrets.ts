import { createHash, randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseDocument } from "yaml";
import { parseSource } from "../config/document.ts";
import { applicationSecretOf, sectionOf, secretsOf } from "../config/pair-section.ts";
import { ConfigInvalidError } from "../config/problem.ts";
import { pairSchema } from "../config/schema.ts";
import type { PairSecrets } from "../model.ts";
import { replaceFile } from "../ngcpcfg/install.ts";
import { isErrno } from "../system/errno.ts";
import { PairLinkError } from "./frames.ts";

const KEY_BYTES = 32;
const PASSWORD_BYTES = 24;

export const newHeartbeatKey = (): string => randomBytes(KEY_BYTES).toString("hex");

/** Hexadecimal, so that no configuration file has to escape anything. */
const newPassword = (): string => randomBytes(PASSWORD_BYTES).toString("hex");

export const newSecrets = (): PairSecrets => {
  const redisPassword = newPassword();
  return {
    heartbeatKeys: [newHeartbeatKey()],
    databasePassword: newPassword(),
    replicationPassword: newPassword(),
    redisPassword,
    applicationSecret: applicationSecretOf(redisPassword),
    nonceSecret: newPassword(),
  };
};

const FILE = "constants.yml";
const HEAD =
  " Secrets of the pair. Made and changed by ngcp-pair; never by hand, never in a history.";

const present = async (path: string): Promise<string> => {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (isErrno(error) && error.code === "ENOENT") return "";
    throw error;
  }
};

/**
 * Writes the secrets into constants.yml, for root alone, all or nothing; what else stands there stays.
 *
 * @throws {ConfigInvalidError} for a file that is no YAML
 */
export const writeSecrets = async (
  configDirectory: string,
  secrets: PairSecrets,
): Promise<void> => {
  const text = await present(join(configDirectory, FILE));
  contentOf(text);
  const document = parseDocument(text);
  if (document.contents === null) document.commentBefore = HEAD;
  document.set("pair", sectionOf(secrets));
  await replaceFile({ path: `/${FILE}`, content: String(document), mode: 0o600 }, configDirectory);
};

/** The text of constants.yml; empty where there is none. */
export const readConstants = (configDirectory: string): Promise<string> =>
  present(join(configDirectory, FILE));

/** Puts a text of the other node in the place of constants.yml, for root alone. */
export const writeConstants = (configDirectory: string, text: string): Promise<void> =>
  replaceFile({ path: `/${FILE}`, content: text, mode: 0o600 }, configDirectory);

/** @throws {ConfigInvalidError} for what is no YAML; the message quotes nothing of it */
const contentOf = (constants: string): object => {
  const { source, problems } = parseSource(FILE, constants);
  if (problems.length > 0) throw new ConfigInvalidError(problems);
  return Object(source.content) as object;
};

/** Tells whether two nodes hold the same secrets, and nothing else about them; null for none. */
export const fingerprintOf = (constants: string): string | null => {
  const content = contentOf(constants);
  if (Object.keys(content).length === 0) return null;
  return createHash("sha256").update(JSON.stringify(content)).digest("hex");
};

/** What one node tells the other; the same names as in constants.yml. */
export const secretsMessage = (secrets: PairSecrets): unknown => sectionOf(secrets);

/** @throws {PairLinkError} when the peer sent something else */
export const secretsIn = (message: unknown): PairSecrets => {
  const parsed = pairSchema.safeParse(message);
  if (!parsed.success) throw new PairLinkError("the peer did not send the secrets of a pair");
  return secretsOf(parsed.data);
};

/**
 * The secrets in constants.yml, whatever the other files say; undefined without any, or with damaged ones.
 *
 * @throws {ConfigInvalidError} for a file that is no YAML
 */
export const readSecrets = async (configDirectory: string): Promise<PairSecrets | undefined> => {
  const content = contentOf(await readConstants(configDirectory));
  const pair = "pair" in content && content.pair;
  const parsed = pairSchema.safeParse(pair);
  return parsed.success ? secretsOf(parsed.data) : undefined;
};
