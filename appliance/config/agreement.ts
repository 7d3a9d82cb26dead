import { valueAt } from "./edit.ts";
import type { Loaded } from "./load.ts";
import type { NetworkHost } from "./network.ts";
import type { Path, Place, Problem } from "./problem.ts";
import { reference } from "./reference.ts";

/** One key on which both nodes must agree, as this configuration has it. */
interface Agreed {
  readonly path: Path;
  readonly value: unknown;
  readonly place: Place;
}

/** What both nodes agreed on, by key. */
export type Agreement = Readonly<Record<string, unknown>>;

const NODE = "hosts.NODE.";
const INTERFACE = "hosts.NODE.INTERFACE.";

const keysOnBoth = (): readonly string[] =>
  reference().flatMap(({ keys }) => keys.filter(({ onBoth }) => onBoth).map(({ key }) => key));

const inConfig = ({ config, configFile }: Loaded): readonly Agreed[] =>
  keysOnBoth()
    .filter((key) => !key.startsWith(NODE))
    .map((key) => {
      const path = key.split(".");
      return { path, value: valueAt(config, path), place: configFile.placeOfValue(path) };
    });

const ofHost = (host: NetworkHost, { networkFile }: Loaded): readonly Agreed[] => {
  const agreed = (from: unknown, path: Path, key: string): Agreed => ({
    path: [...path, key],
    value: valueAt(from, [key]),
    place: networkFile.placeOfValue([...path, key]),
  });
  return keysOnBoth().flatMap((name) => {
    if (name.startsWith(INTERFACE))
      return host.nets.map((net) =>
        agreed(net, ["hosts", host.name, net.device], name.slice(INTERFACE.length)),
      );
    return name.startsWith(NODE)
      ? [agreed(host, ["hosts", host.name], name.slice(NODE.length))]
      : [];
  });
};

const agreedIn = (loaded: Loaded): readonly Agreed[] => [
  ...inConfig(loaded),
  ...ofHost(loaded.network.sp1, loaded),
  ...ofHost(loaded.network.sp2, loaded),
];

const said = (value: unknown): unknown => value ?? null;

/** What this configuration says on the keys that both nodes must agree on. */
export const agreementOf = (loaded: Loaded): Agreement =>
  Object.fromEntries(agreedIn(loaded).map(({ path, value }) => [path.join("."), said(value)]));

const shown = (value: unknown): string => {
  const text = JSON.stringify(said(value));
  return text === "null" || text === "[]" ? "not set" : text;
};

/** A key that nobody knew when the agreement was made is no change of it, unless it is said now. */
const isChange = (before: unknown, after: unknown): boolean =>
  before === undefined
    ? shown(after) !== "not set" && after !== undefined
    : JSON.stringify(before) !== JSON.stringify(said(after));

/** The keys that this configuration would change though both nodes agreed on them, each with its place. */
export const breachesOf = (before: Agreement, loaded: Loaded): readonly Problem[] => {
  const agreed = agreedIn(loaded);
  const known = new Set(agreed.map(({ path }) => path.join(".")));
  const changed = agreed
    .filter(({ path, value }) => {
      const key = path.join(".");
      // A default that came with a newer package stands for what held before it.
      return key in before || key.startsWith("hosts.") ? isChange(before[key], value) : false;
    })
    .map(({ path, value, place }) => ({
      place,
      path,
      sentence: `is ${shown(value)}, and ${shown(before[path.join(".")])} on both nodes; they must agree on it`,
    }));
  const gone = Object.keys(before)
    .filter((key) => key.startsWith("hosts.") && !known.has(key))
    .filter((key) => shown(before[key]) !== "not set")
    .map((key) => {
      const path = key.split(".");
      return {
        place: loaded.networkFile.placeOfKey(path),
        path,
        sentence: `is gone, and ${shown(before[key])} on both nodes; they must agree on it`,
      };
    });
  return [...changed, ...gone];
};
