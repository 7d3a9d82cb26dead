import { lstat, readdir, readFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { isErrno } from "../system/errno.ts";
import { decodeUtf8 } from "../system/text.ts";
import type { Appliance } from "../model.ts";
import { applianceOf } from "./appliance.ts";
import { brokenInConfig, type Broken } from "./config-rules.ts";
import { parseSource, type SourceFile } from "./document.ts";
import { problemsFrom } from "./issues.ts";
import { layersOf, type Layers } from "./layers.ts";
import { brokenInNetwork } from "./network-rules.ts";
import { brokenBetween } from "./ping-nodes.ts";
import { parseNetwork, type Network, type NodeName } from "./network.ts";
import { ConfigInvalidError, type Problem } from "./problem.ts";
import { configSchema, type Config } from "./schema.ts";

export interface Loaded {
  readonly appliance: Appliance;
  /** config.yml with the layers above it, and a default for what none of them says. */
  readonly config: Config;
  readonly configFile: Layers;
  readonly network: Network;
  /** For what is found out later about a value of network.yml. */
  readonly networkFile: Layers;
}

interface FileRead {
  readonly source: SourceFile | undefined;
  readonly problems: readonly Problem[];
}

const PAIR = "sp";
const NOTHING: FileRead = { source: undefined, problems: [] };

const wholeFile = (file: string, sentence: string): FileRead => ({
  source: undefined,
  problems: [{ place: { file, line: 1, column: 1 }, path: [], sentence }],
});

/** Texts that are read in the place of files, to see what a change would do before it is made. */
export type Drafts = ReadonlyMap<string, string>;

const readSource = async (
  directory: string,
  file: string,
  required: boolean,
  drafts: Drafts,
): Promise<FileRead> => {
  const path = join(directory, file);
  try {
    const draft = drafts.get(file);
    // Git would carry the link to the other node, and not what it leads to.
    if (draft === undefined && (await lstat(path)).isSymbolicLink())
      return wholeFile(file, "is a symbolic link; allowed: the file itself");
    const text = draft ?? decodeUtf8(await readFile(path));
    return text === undefined
      ? wholeFile(file, "is not written in UTF-8")
      : parseSource(file, text);
  } catch (error) {
    if (!isErrno(error)) throw error;
    if (error.code === "ENOENT" && !required) return NOTHING;
    return wholeFile(file, `could not be read: ${error.message}`);
  }
};

const FOLDER = "config.d";

/** Pieces of configuration in files of their own, in the order of their names. */
const pieceNames = async (directory: string, drafts: Drafts): Promise<readonly string[]> => {
  const drafted = [...drafts.keys()].filter((name) => name.startsWith(`${FOLDER}/`));
  const present = await filesIn(join(directory, FOLDER));
  const pieces = present.filter((name) => name.endsWith(".yml")).map((name) => `${FOLDER}/${name}`);
  return [...new Set([...pieces, ...drafted])].sort();
};

const filesIn = async (directory: string): Promise<readonly string[]> => {
  try {
    return await readdir(directory);
  } catch (error) {
    if (!isErrno(error)) throw error;
    if (error.code === "ENOENT") return [];
    throw new ConfigInvalidError(wholeFile(FOLDER, `could not be read: ${error.message}`).problems);
  }
};

/** From the lowest to the highest; config.yml must be there. */
const layerNames = (node: NodeName, host: string, pieces: readonly string[]): readonly string[] => [
  ...new Set([
    "config.yml",
    `config.${node}.yml`,
    `config.${PAIR}.yml`,
    `config.${host}.yml`,
    "config.local.yml",
    ...pieces,
    "maintenance.yml",
    "constants.yml",
  ]),
];

const placed = (broken: readonly Broken[], layers: Layers): readonly Problem[] =>
  broken.map(({ path, sentence }) => ({ place: layers.placeOfValue(path), path, sentence }));

const isSource = (source: SourceFile | undefined): source is SourceFile => source !== undefined;

/** The secrets belong into the one file that stays out of the history. */
const strayedSecrets = (sources: readonly SourceFile[]): readonly Problem[] =>
  sources
    .filter((source) => source.file !== "constants.yml" && source.depthOf(["pair"]) === 1)
    .map((source) => ({
      place: source.placeOfKey(["pair"]),
      path: ["pair"],
      sentence: "holds secrets; allowed only in constants.yml, where ngcp-pair puts them",
    }));

/** As a reader meets them: file by file, from top to bottom. */
const inReadingOrder = (problems: readonly Problem[]): readonly Problem[] => {
  const files = [...new Set(problems.map(({ place }) => place.file))];
  return [...problems].sort(
    ({ place: a }, { place: b }) =>
      files.indexOf(a.file) - files.indexOf(b.file) || a.line - b.line || a.column - b.column,
  );
};

interface Checked<Value> {
  readonly value: Value | undefined;
  readonly layers: Layers | undefined;
  readonly problems: readonly Problem[];
}

const checkConfig = (reads: readonly FileRead[]): Checked<Config> => {
  const unreadable = reads.flatMap(({ problems }) => problems);
  const [lowest, ...upper] = reads.map(({ source }) => source).filter(isSource);
  if (lowest === undefined || unreadable.length > 0) {
    return { value: undefined, layers: undefined, problems: unreadable };
  }
  const layers = layersOf([lowest, ...upper]);
  const strayed = strayedSecrets([lowest, ...upper]);
  const result = configSchema.safeParse(layers.content);
  const problems = result.success
    ? placed(brokenInConfig(result.data), layers)
    : problemsFrom(result.error.issues, layers);
  return { value: result.data, layers, problems: [...strayed, ...problems] };
};

const checkNetwork = ({ source, problems: unreadable }: FileRead): Checked<Network> => {
  if (source === undefined || unreadable.length > 0) {
    return { value: undefined, layers: undefined, problems: unreadable };
  }
  const layers = layersOf([source]);
  const { network, issues } = parseNetwork(source.content);
  const problems =
    network === undefined ? problemsFrom(issues, layers) : placed(brokenInNetwork(network), layers);
  return { value: network, layers, problems };
};

/**
 * Reads and checks the configuration of `node`.
 *
 * @param directory usually /etc/ngcp-config
 * @param host the machine's own name; config.HOST.yml lies above config.yml
 * @param drafts names of files, and what is read in their place
 * @throws {ConfigInvalidError} with every problem of every file, each with its file, line and column
 */
export const load = async (
  directory: string,
  node: NodeName,
  host: string = hostname(),
  drafts: Drafts = new Map(),
): Promise<Loaded> => {
  const [networkRead, ...reads] = await Promise.all([
    readSource(directory, "network.yml", true, drafts),
    ...layerNames(node, host, await pieceNames(directory, drafts)).map((file) =>
      readSource(directory, file, file === "config.yml", drafts),
    ),
  ]);
  const config = checkConfig(reads);
  const network = checkNetwork(networkRead);
  const between =
    config.value === undefined || network.value === undefined || config.layers === undefined
      ? []
      : placed(brokenBetween(config.value, network.value), config.layers);
  const problems = [...config.problems, ...network.problems, ...between];
  if (problems.length > 0) throw new ConfigInvalidError(inReadingOrder(problems));
  return loadedFrom(config, network, node);
};

const loadedFrom = (config: Checked<Config>, network: Checked<Network>, node: NodeName): Loaded => {
  if (
    config.value === undefined ||
    config.layers === undefined ||
    network.value === undefined ||
    network.layers === undefined
  ) {
    throw new TypeError("a configuration without problems has no value");
  }
  return {
    appliance: applianceOf(config.value, network.value, node),
    config: config.value,
    configFile: config.layers,
    network: network.value,
    networkFile: network.layers,
  };
};
