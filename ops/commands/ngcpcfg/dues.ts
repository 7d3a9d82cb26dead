import type { Component, Reload, TakingUp } from "../../../components/component.ts";
import { startOrder } from "../../../components/graph.ts";
import { COMPONENTS } from "../../../components/index.ts";

/** The daemon is fed by its settings, every other service by templates. */
export const DAEMON = "ngcp-ha";
const DAEMON_FILE = "/etc/ngcp-ha/settings.json";
/** What hears the peer's questions on the crosslink; they are no components, for nothing of the service depends on them. */
const SOCKETS: readonly string[] = ["ngcp-pair.socket", "ngcp-clone.socket"];
const UNITS = "/etc/systemd/system/";

/** A file that is new, or will be. */
export interface Renewed {
  readonly path: string;
  /** Absent for a file that was not there. */
  readonly before: string | undefined;
  readonly after: string;
}

/** `lb`: a service is to restart. `lb:/etc/kamailio/lb/tls.cfg`: it is to take up that file while it runs. */
type Due = string;

/** Where the peer asks first, then the daemon, for the others are restarted through it; each after what it depends on. */
const ORDER: readonly string[] = [...SOCKETS, DAEMON, ...startOrder(COMPONENTS).flat()];

export const serviceOf = (due: Due): string => due.split(":")[0] ?? "";

export const isSocket = (due: Due): boolean => SOCKETS.includes(due);

/** What is done without a restart of anything that calls depend on. */
export const isReload = (due: Due): boolean => due.includes(":") || isSocket(due);

/** In the order they are to be done; what a restart takes up along with the rest is not due by itself. */
export const inOrder = (dues: readonly Due[]): readonly Due[] =>
  ORDER.flatMap((name) =>
    dues.includes(name) ? [name] : [...new Set(dues.filter((due) => serviceOf(due) === name))],
  );

const fileOf = (template: string): string => `/${template.replace(/\.eta$/, "")}`;

const reloadFor = ({ reloads = [] }: Component, path: string): Reload | undefined =>
  reloads.find(({ template }) => fileOf(template) === path);

/** `name = value`, or `name value`: the lines that set something, without the blanks around it. */
const settingsIn = (text: string): readonly string[] =>
  text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"));

const SETTING = /^(\S+?)\s*(?:=|\s)\s*(.*)$/;

/** Values of `names` in the text of a file, as they stand there; the last one counts. */
export const valuesOf = (
  text: string,
  names: readonly string[],
): Readonly<Record<string, string>> =>
  Object.fromEntries(
    settingsIn(text).flatMap((line) => {
      const [, name = "", value = ""] = SETTING.exec(line) ?? [];
      return names.includes(name) ? [[name, value] as const] : [];
    }),
  );

const others = (text: string, names: readonly string[]): string =>
  settingsIn(text)
    .filter((line) => !names.includes(SETTING.exec(line)?.[1] ?? ""))
    .join("\n");

/** Whether nothing else changes than what can be set while the server runs. */
const changesOnly = ({ before, after }: Renewed, names: readonly string[]): boolean =>
  before !== undefined &&
  others(before, names) === others(after, names) &&
  names.every((name) => Object.hasOwn(valuesOf(after, names), name));

const dueFor = (component: Component, renewed: Renewed): readonly Due[] => {
  const how = reloadFor(component, renewed.path)?.how;
  if (how?.kind === "nothing") return [];
  const reloads = how?.kind === "rpc" || (how !== undefined && changesOnly(renewed, how.names));
  return [reloads ? `${component.name}:${renewed.path}` : component.name];
};

/** What has to be done about new files. */
export const duesOf = (files: readonly Renewed[]): readonly Due[] =>
  inOrder(
    files.flatMap((renewed) => {
      if (renewed.path === DAEMON_FILE) return [DAEMON];
      const socket = SOCKETS.find((unit) => renewed.path === UNITS + unit);
      if (socket !== undefined) return [socket];
      return COMPONENTS.filter(({ templates }) =>
        templates.some((template) => fileOf(template) === renewed.path),
      ).flatMap((component) => dueFor(component, renewed));
    }),
  );

/** A file that a component is to take up while it runs. */
export interface DueReload {
  readonly component: Component;
  readonly path: string;
  readonly how: TakingUp;
}

/** @returns undefined for what is to restart */
export const dueReload = (due: Due): DueReload | undefined => {
  const component = COMPONENTS.find(({ name }) => name === serviceOf(due));
  const path = due.slice(due.indexOf(":") + 1);
  if (component === undefined) return undefined;
  const how = reloadFor(component, path)?.how;
  return how === undefined ? undefined : { component, path, how };
};

/** What restarts would cost calls, a sentence for each service. */
export const costsOf = (dues: readonly Due[], runs: (unit: string) => boolean): readonly string[] =>
  COMPONENTS.flatMap(({ name, unit, restartCuts }) =>
    restartCuts === undefined || !dues.includes(name) || !runs(unit)
      ? []
      : [`Restarting ${name} cuts ${restartCuts}`],
  );
