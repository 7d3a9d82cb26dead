import type { ComponentState, ComponentStatus } from "../../ha/control/contract.ts";

/** Column 37 of monit's own summary. */
const STATUS_AT = 36;
const FIELD_AT = 36;

/** The words that monit has for it, so that what greps for them goes on working. */
const WORDS: Readonly<Record<ComponentState, string>> = {
  running: "Running",
  starting: "Initializing",
  stopped: "Does not exist",
  failed: "Execution failed",
  notMonitored: "Not monitored",
  standby: "Not monitored - standby node",
};

const row = (kind: string, name: string, word: string): string =>
  `${`${kind} '${name}'`.padEnd(STATUS_AT)}${word}`;

/**
 * One line for each service, as monit 5.2 to 5.8 printed it: `Process 'lb'                        Running`.
 *
 * @param system name of the node, for the last line; absent when single services were asked for
 */
export const monitSummary = (
  components: readonly ComponentStatus[],
  system: string | undefined,
): readonly string[] => [
  ...components.map(({ name, state }) => row("Process", name, WORDS[state])),
  ...(system === undefined ? [] : [row("System", system, "Running")]),
];

/** A block for each service. */
export const monitStatus = (components: readonly ComponentStatus[]): readonly string[] =>
  components.flatMap(({ name, state, unit, detail }) => [
    `Process '${name}'`,
    field("status", WORDS[state]),
    field("monitoring status", isMonitored(state) ? "Monitored" : "Not monitored"),
    field("unit", unit),
    ...(detail === "" ? [] : [field("detail", detail)]),
    "",
  ]);

const field = (title: string, value: string): string => `  ${title}`.padEnd(FIELD_AT) + value;

const isMonitored = (state: ComponentState): boolean =>
  state !== "notMonitored" && state !== "standby";
