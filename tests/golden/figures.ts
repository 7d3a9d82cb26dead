import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Busy, Resting } from "../../ops/lab/measure/rest.ts";
import type { DrillRun } from "../drills/harness/figures.ts";
import { markdownTable, medianOf } from "../drills/harness/report.ts";
import { checkout } from "./golden.ts";

interface Measured {
  readonly rest: readonly Resting[];
  readonly bare_heartbeat_percent: number;
  readonly busy: Busy | null;
}

interface Peers {
  readonly source: string;
  readonly products: readonly string[];
  readonly scenarios: readonly { readonly drill: string; readonly values: readonly string[] }[];
}

const RESULTS = "docs/results/pair.json";
const REST = "docs/results/rest.json";
const PEERS = "docs/results/peers.json";

const stored = (path: string): unknown => {
  try {
    return JSON.parse(readFileSync(join(checkout, path), "utf8"));
  } catch {
    return undefined;
  }
};

const row = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;

/** The median address outage of a drill, and the worst time in which both nodes held the address. */
const ours = (runs: readonly DrillRun[], drill: string): string => {
  const figures = runs
    .filter((run) => run.drill === drill)
    .flatMap((run) => (run.figures === null ? [] : [run.figures]));
  const outages = figures.map((one) => one.address_outage_ms).filter((value) => value !== null);
  const median = medianOf(outages);
  const both = Math.max(0, ...figures.map((one) => one.both_held_ms));
  if (median === null) return "-";
  return both === 0 ? median.toFixed(0) : `${median.toFixed(0)}, both ${both.toFixed(0)}`;
};

const beside = (runs: readonly DrillRun[], peers: Peers): string =>
  [
    row(["address outage, ms", "**Tandem**", ...peers.products]),
    row(["---", "---", ...peers.products.map(() => "---")]),
    ...peers.scenarios.map(({ drill, values }) => row([drill, `**${ours(runs, drill)}**`, ...values])),
  ].join("\n");

/** What `npm run lab -- measure` has written; nothing where it has not run. */
const atRest = (measured: Measured | undefined): readonly string[] => {
  if (measured === undefined) return [];
  const { rest, bare_heartbeat_percent, busy } = measured;
  const loops =
    busy === null
      ? []
      : [
          "",
          `${busy.false_takeovers} takeovers without a cause in ${busy.minutes} minutes beside ${busy.loops} busy loops.`,
        ];
  return [
    "",
    "What a pair takes at rest (`npm run lab -- measure`):",
    "",
    row(["node", "role", "memory of the daemon, MB", "processor, % of a core", "ngcp-check-active, ms"]),
    row(["---", "---", "---", "---", "---"]),
    ...rest.map((one) => row(Object.values(one).map(String))),
    "",
    `A process of Node.js that does nothing but such a heartbeat took ${bare_heartbeat_percent} % of a core in the same time.`,
    ...loops,
  ];
};

const sectionOf = (
  runs: readonly DrillRun[],
  peers: Peers,
  measured: Measured | undefined,
): string =>
  [
    "Medians in milliseconds, the worst run in brackets.",
    "",
    markdownTable(runs),
    "",
    "Beside what the peers do in the same failures:",
    "",
    beside(runs, peers),
    "",
    peers.source,
    ...atRest(measured),
  ].join("\n");

/** README.md with the table of figures that the recorded results make; unchanged where none are recorded. */
export const readmeWithFigures = (readme: string): string => {
  const runs = stored(RESULTS);
  const peers = stored(PEERS);
  if (!Array.isArray(runs) || peers === undefined) return readme;
  const measured = stored(REST) as Measured | undefined;
  const section = sectionOf(runs as readonly DrillRun[], peers as Peers, measured);
  return readme.replace(
    /(<!-- figures:begin -->\n)[\s\S]*?(<!-- figures:end -->)/,
    (_all, begin: string, end: string) => `${begin}\n${section}\n\n${end}`,
  );
};
