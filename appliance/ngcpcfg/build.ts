import { lstat, readdir, readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { decodeUtf8 } from "../system/text.ts";
import type { Appliance } from "../model.ts";
import type { Whose } from "./overrides.ts";
import { chooseTemplates } from "./overrides.ts";
import { render, TemplateError } from "./render.ts";

/** One file as it must be on the node; it belongs to root. */
export interface BuiltFile {
  /** Absolute path on the node. */
  readonly path: string;
  readonly content: string;
  readonly mode: number;
  /** Where its lines come from; absent for what is made without a template. */
  readonly origin?: Origin;
}

/** The template of a file, and for each line of the file the line of the template. */
export interface Origin {
  readonly template: string;
  readonly lines: readonly number[];
}

export interface Template {
  /** Below the template directory, e.g. `etc/kamailio/lb/kamailio.cfg.custom.eta`. */
  readonly name: string;
  /** What it makes, e.g. `etc/kamailio/lb/kamailio.cfg`. */
  readonly target: string;
  readonly source: string;
}

export interface Build {
  readonly files: readonly BuiltFile[];
  /** Paths that need the secrets of the pair, on a node that has none yet. */
  readonly waiting: readonly string[];
  /** Every template that is wrong, not only the first. */
  readonly problems: readonly TemplateError[];
}

const SECRETS = /\bsecrets\b/;

const PUBLIC = 0o644;
const FOR_ROOT_ALONE = 0o600;

/** @throws {TemplateError} for what git would not carry to the other node as it is, and for no text */
const sourceOf = async (directory: string, name: string): Promise<string> => {
  const path = join(directory, name);
  if ((await lstat(path)).isSymbolicLink())
    throw new TemplateError(
      name,
      undefined,
      "is a symbolic link, and the other node would be given the link alone: put the file here",
    );
  const text = decodeUtf8(await readFile(path));
  if (text === undefined) throw new TemplateError(name, undefined, "is not written in UTF-8");
  return text;
};

/**
 * Reads one template below `directory` for each file, in the order of the files' names.
 *
 * @throws {TemplateError} for one that cannot be read
 */
export const readTemplates = async (
  directory: string,
  whose: Whose,
): Promise<readonly Template[]> => {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const names = entries
    .filter((entry) => entry.isFile() || entry.isSymbolicLink())
    .map((entry) => relative(directory, join(entry.parentPath, entry.name)));
  return Promise.all(
    chooseTemplates(names, whose).map(async ({ name, target }) => ({
      name,
      target,
      source: await sourceOf(directory, name),
    })),
  );
};

/** rtpengine reads its own file, and not as root. */
const READ_BY_OTHERS = "etc/rtpengine/";

const refuseHiddenFrom = ({ name, target, source }: Template): void => {
  if (!target.startsWith(READ_BY_OTHERS) || !SECRETS.test(source)) return;
  const line = source.split("\n").findIndex((text) => SECRETS.test(text)) + 1;
  throw new TemplateError(
    name,
    line,
    "names secrets of the pair, so only root could read the file, and rtpengine reads it as a user of its own: the password of Redis is given to it by etc/default/ngcp-rtpengine-daemon.eta",
  );
};

/**
 * Renders every template in memory; nothing is written. A file that speaks of the pair's secrets is readable by root alone:
 * what runs as somebody else reads it before it becomes that user, or is given a copy when it starts.
 */
export const build = (templates: readonly Template[], appliance: Appliance): Build => {
  const files: BuiltFile[] = [];
  const waiting: string[] = [];
  const problems: TemplateError[] = [];
  for (const template of templates) {
    const { name, target, source } = template;
    const path = `/${target}`;
    try {
      refuseHiddenFrom(template);
      const mode = SECRETS.test(source) ? FOR_ROOT_ALONE : PUBLIC;
      const { content, lines } = render(name, source, { appliance });
      files.push({ path, content, mode, origin: { template: name, lines } });
    } catch (error) {
      if (!(error instanceof TemplateError)) throw error;
      if (appliance.secrets === undefined && SECRETS.test(source)) waiting.push(path);
      else problems.push(error);
    }
  }
  return { files, waiting, problems };
};
