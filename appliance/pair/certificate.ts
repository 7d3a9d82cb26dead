import { X509Certificate } from "node:crypto";
import { chown, copyFile, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { install } from "../ngcpcfg/install.ts";
import { isErrno } from "../system/errno.ts";

/** The certificate that the lb shows on 5061, and its key. PEM. */
export interface Certificate {
  readonly certificate: string;
  readonly key: string;
}

const FOLDER = "ssl";
const CERTIFICATE = { file: "myserver.crt", mode: 0o644 } as const;
const KEY = { file: "myserver.key", mode: 0o640 } as const;

/** @returns undefined on a node that has none: it is made at the installation of the package */
export const readCertificate = async (
  configDirectory: string,
): Promise<Certificate | undefined> => {
  const read = (file: string): Promise<string> =>
    readFile(join(configDirectory, FOLDER, file), "utf8");
  try {
    return { certificate: await read(CERTIFICATE.file), key: await read(KEY.file) };
  } catch (error) {
    if (isErrno(error) && error.code === "ENOENT") return undefined;
    throw error;
  }
};

const isText = (value: unknown): value is string => typeof value === "string";

const isCertificate = (text: string): boolean => {
  try {
    return new X509Certificate(text).subject !== "";
  } catch {
    return false;
  }
};

/** @returns undefined when `value` is no certificate with its key */
export const certificateIn = (value: unknown): Certificate | undefined => {
  if (typeof value !== "object" || value === null) return undefined;
  if (!("certificate" in value) || !("key" in value)) return undefined;
  const { certificate, key } = value;
  return isText(certificate) && isText(key) && isCertificate(certificate) && key.includes("KEY")
    ? { certificate, key }
    : undefined;
};

/**
 * Puts the pair's certificate in the place of this node's own, so that a phone sees the same one on either node. The
 * old files stay beside it with `.before-pair` behind their names; the group that may read the key stays.
 *
 * @param stateDirectory keeps the record of the two files on their way
 */
export const keepCertificate = async (
  configDirectory: string,
  stateDirectory: string,
  { certificate, key }: Certificate,
): Promise<void> => {
  const present = await readCertificate(configDirectory);
  if (present?.certificate === certificate && present.key === key) return;
  const folder = join(configDirectory, FOLDER);
  const group = present === undefined ? 0 : (await stat(join(folder, KEY.file))).gid;
  if (present !== undefined)
    for (const { file } of [CERTIFICATE, KEY])
      await copyFile(join(folder, file), join(folder, `${file}.before-pair`));
  const { settle } = await install(
    [
      { path: `/${CERTIFICATE.file}`, content: certificate, mode: CERTIFICATE.mode },
      { path: `/${KEY.file}`, content: key, mode: KEY.mode },
    ],
    { root: folder, stateDirectory },
  );
  await settle();
  await chown(join(folder, KEY.file), 0, group);
};
