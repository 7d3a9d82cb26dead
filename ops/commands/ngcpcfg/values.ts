import { parse, stringify } from "yaml";
import { parseSource } from "../../../appliance/config/document.ts";
import { pathOf, valueAt, withoutKey, withValue } from "../../../appliance/config/edit.ts";
import { nearestName } from "../../../appliance/config/issues.ts";
import { load, type Loaded } from "../../../appliance/config/load.ts";
import { ConfigInvalidError } from "../../../appliance/config/problem.ts";
import { knownKeys } from "../../../appliance/config/reference.ts";
import { nodeNamed } from "../../../appliance/ngcpcfg/site.ts";
import type { ExitName } from "../../exit-status.ts";
import type { Desk } from "../../tool.ts";
import type { ConfigGround } from "./ground.ts";
import { layerNamed } from "./files.ts";
import { rewrite, ValueRefusedError } from "./rewrite.ts";

const NETWORK = "network.yml";

const isSecret = (key: string): boolean => key === "pair" || key.startsWith("pair.");

const refuseSecret = (key: string): void => {
  if (isSecret(key)) {
    throw new ValueRefusedError(
      `${key} is a secret: ngcp-pair makes it, and it is neither shown nor set by hand`,
    );
  }
};

const fileOf = (key: string): string => (key.startsWith("hosts.") ? NETWORK : "config.yml");

const unknown = (key: string): ValueRefusedError => {
  const nearest = nearestName(key, knownKeys());
  const hint =
    nearest === undefined ? "ngcpcfg reference lists all keys" : `did you mean ${nearest}?`;
  return new ValueRefusedError(`${key} is an unknown key; ${hint}`);
};

/** Sections are printed as YAML, single values as they are. */
const shown = (value: unknown): string =>
  typeof value === "object" && value !== null
    ? stringify(value, { lineWidth: 0 }).trimEnd()
    : String(value);

const contentFor = (key: string, { config, networkFile }: Loaded): unknown => {
  if (fileOf(key) === NETWORK || key === "hosts") return networkFile.content;
  return Object.fromEntries(Object.entries(config).filter(([section]) => !isSecret(section)));
};

const loaded = (desk: Desk, { site }: ConfigGround): Promise<Loaded> =>
  load(site.configDirectory, nodeNamed(desk.node), site.host);

/** `ngcpcfg get KEY`: the value in force, after all layers and defaults. */
export const getValue = async (
  desk: Desk,
  ground: ConfigGround,
  [key, ...rest]: readonly string[],
): Promise<ExitName> => {
  if (key === undefined || rest.length > 0) return usage(desk, "get takes one key");
  refuseSecret(key);
  const content = contentFor(key, await loaded(desk, ground));
  const value = valueAt(content, pathOf(key, content));
  if (value !== undefined && value !== null) {
    desk.say(shown(value));
    return "done";
  }
  if (!isKnown(key)) throw unknown(key);
  desk.complain(`${key} is not set`);
  return "failed";
};

/** `hosts.NODE.INTERFACE.ip` stands for the key of every node and every interface. */
const matches = (known: string, key: string): boolean => {
  const words = known
    .split(".")
    .map((word) => (word === "NODE" ? "[^.]+" : word === "INTERFACE" ? ".+" : word));
  return new RegExp(`^${words.join("\\.")}(\\.|$)`).test(key);
};

const isKnown = (key: string): boolean => knownKeys().some((known) => matches(known, key));

interface Change {
  readonly key: string;
  readonly value: unknown;
}

const changeIn = (word: string): Change => {
  const at = word.indexOf("=");
  if (at < 1) throw new ValueRefusedError(`${word} is no KEY=VALUE`);
  const key = word.slice(0, at);
  refuseSecret(key);
  try {
    return { key, value: parse(word.slice(at + 1)) as unknown };
  } catch (cause) {
    throw new ValueRefusedError(`the value of ${key} is no YAML`, { cause });
  }
};

interface Request {
  readonly file: string;
  readonly words: readonly string[];
}

const isFileName = (word: string): boolean => word.endsWith(".yml") && !word.includes("=");

/** `[FILE] WORD...`; without a file the keys say which it is, and all must belong into one. */
const requestIn = (ground: ConfigGround, words: readonly string[]): Request => {
  const [first = "", ...rest] = words;
  if (isFileName(first)) return { file: layerNamed(ground, first), words: rest };
  const files = new Set(words.map((word) => fileOf(word)));
  if (files.size > 1) {
    throw new ValueRefusedError(
      "keys of network.yml and of config.yml are set one after the other",
    );
  }
  return { file: [...files][0] ?? "config.yml", words };
};

/** @throws {ConfigInvalidError} for a file that has to be put right by hand first */
const contentOf = (file: string, text: string): unknown => {
  const { source, problems } = parseSource(file, text);
  if (problems.length > 0) throw new ConfigInvalidError(problems);
  return source.content;
};

const changed = (file: string, text: string, { key, value }: Change): string => {
  const path = pathOf(key, contentOf(file, text));
  try {
    return withValue(text, path, value);
  } catch (cause) {
    throw new ValueRefusedError(`${key} stands below something that is no section`, { cause });
  }
};

/** `ngcpcfg set [FILE] KEY=VALUE...`: all or none of them. */
export const setValues = async (
  desk: Desk,
  ground: ConfigGround,
  words: readonly string[],
): Promise<ExitName> => {
  const request = requestIn(ground, words);
  if (request.words.length === 0) return usage(desk, "set takes KEY=VALUE, one or more");
  const changes = request.words.map(changeIn);
  const edit = (before: string): string =>
    changes.reduce((text, change) => changed(request.file, text, change), before);
  return rewrite(desk, ground, { file: request.file, edit, what: request.words.join(" ") });
};

/** What is in the file may go, known or not; a key that is neither there nor known was mistyped. */
const without = (file: string, text: string, key: string): string => {
  const content = contentOf(file, text);
  const path = pathOf(key, content);
  if (valueAt(content, path) === undefined && !isKnown(key)) throw unknown(key);
  return withoutKey(text, path);
};

/** `ngcpcfg del [FILE] KEY...`: what lies below holds again, or the default. */
export const deleteValues = async (
  desk: Desk,
  ground: ConfigGround,
  words: readonly string[],
): Promise<ExitName> => {
  const request = requestIn(ground, words);
  if (request.words.length === 0) return usage(desk, "del takes a key, one or more");
  request.words.forEach(refuseSecret);
  const edit = (before: string): string =>
    request.words.reduce((text, key) => without(request.file, text, key), before);
  return rewrite(desk, ground, {
    file: request.file,
    edit,
    what: `${request.words.join(" ")} taken out`,
  });
};

const usage = (desk: Desk, sentence: string): ExitName => {
  desk.complain(`${sentence}: ngcpcfg help`);
  return "usage";
};
