import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Agreement } from "../config/agreement.ts";
import { isErrno } from "../system/errno.ts";
import type { BuiltFile } from "./build.ts";
import { replaceFile } from "./install.ts";

/** What ngcpcfg last put into force on this node; the daemon compares it with the files and with its peer. */
export interface InForce {
  /** The content of the configuration: the id of a git tree; null without a history. */
  readonly tree: string | null;
  /** SHA-256 of each file that was installed, by its path. */
  readonly files: Readonly<Record<string, string>>;
  /** What both nodes agreed on. */
  readonly agreement: Agreement;
}

const FILE = "in-force.json";
const MODE = 0o644;

export const hashOfFile = (content: string | Buffer): string =>
  createHash("sha256").update(content).digest("hex");

/** @returns undefined before anything was put into force, and for a record that is damaged: the next apply writes it anew */
export const readInForce = async (stateDirectory: string): Promise<InForce | undefined> => {
  try {
    return JSON.parse(await readFile(join(stateDirectory, FILE), "utf8")) as InForce;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    if (isErrno(error) && error.code === "ENOENT") return undefined;
    throw error;
  }
};

export const writeInForce = (
  stateDirectory: string,
  files: readonly BuiltFile[],
  { tree, agreement }: Pick<InForce, "tree" | "agreement">,
): Promise<void> => {
  const hashes = Object.fromEntries(files.map(({ path, content }) => [path, hashOfFile(content)]));
  const record: InForce = { tree, files: hashes, agreement };
  const content = `${JSON.stringify(record, undefined, 2)}\n`;
  return replaceFile({ path: `/${FILE}`, content, mode: MODE }, stateDirectory);
};

/** Notes that one file was renewed by itself; what else is in force stays as it was noted. */
export const noteRenewed = async (stateDirectory: string, file: BuiltFile): Promise<void> => {
  const record = await readInForce(stateDirectory);
  if (record === undefined) return;
  const files = { ...record.files, [file.path]: hashOfFile(file.content) };
  const content = `${JSON.stringify({ ...record, files }, undefined, 2)}\n`;
  await replaceFile({ path: `/${FILE}`, content, mode: MODE }, stateDirectory);
};
