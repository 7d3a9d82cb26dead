import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Figure } from "../bench/figure.ts";
import type { DrillRun, Figures } from "../drills/harness/figures.ts";
import { medianOf } from "../drills/harness/report.ts";
import { checkout } from "./golden.ts";

/** Runs of the drills of rows; `npm run drill -- NAME --json FILE` writes such a file. */
const OURS = "docs/results/rows.json";
/** What `npm run bench -- replication --json FILE` has written. */
const PLAIN = "docs/results/replication.json";

const stored = (path: string): unknown => JSON.parse(readFileSync(join(checkout, path), "utf8"));

const row = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;

/** The story of a drill that the bench tells in two: the part behind the comma. */
const drillOf = (fault: string): string => fault.split(",")[0] ?? fault;

type Counted = "rows_acked" | "rows_lost" | "rows_quarantined" | "rows_back" | "in_sync_s";

const ours = (runs: readonly DrillRun[], drill: string): readonly string[] => {
  const figures = runs
    .filter((run) => run.drill === drill && run.failure === undefined)
    .flatMap(({ figures: one }) => (one === null ? [] : [one]));
  if (figures.length === 0) return ["-", "-", "-", "-", "-"];
  const of = (name: Counted): readonly number[] =>
    figures.flatMap((one: Figures) => one[name] ?? []);
  const sum = (name: Counted): string => String(of(name).reduce((all, one) => all + one, 0));
  const median = medianOf(of("in_sync_s"));
  const away = Number(sum("rows_quarantined")) + Number(sum("rows_back"));
  const seconds = median === null ? "-" : `${median.toFixed(1)} s`;
  return [String(figures.length), sum("rows_acked"), sum("rows_lost"), String(away), seconds];
};

const plain = (figures: readonly Figure[], fault: string): readonly string[] =>
  ["rows lost", "manual steps"].map((what) => {
    const found = figures.find(({ name }) => name === `${fault}: ${what}`);
    return found === undefined ? "-" : String(found.value);
  });

const HEAD = [
  "fault",
  "runs",
  "acknowledged",
  "lost",
  "saved, or saved and back",
  "in sync after",
  "plain pair: lost",
  "plain pair: commands to type",
];

const table = (): string => {
  const runs = stored(OURS) as readonly DrillRun[];
  const figures = stored(PLAIN) as readonly Figure[];
  const benched = figures.flatMap(({ name }) => /^(.*): rows lost$/.exec(name)?.[1] ?? []);
  const told = benched.map(drillOf);
  const faults = [...benched, ...runs.map(({ drill }) => drill).filter((one) => !told.includes(one))];
  const rows = [...new Set(faults)].map((fault) =>
    row([fault, ...ours(runs, drillOf(fault)), ...plain(figures, fault)]),
  );
  return [row(HEAD), row(HEAD.map(() => "---")), ...rows].join("\n");
};

/** docs/replication.md with the table that the recorded results make. */
export const replicationWithFigures = (text: string): string =>
  text.replace(
    /(<!-- figures:begin -->\n)[\s\S]*?(<!-- figures:end -->)/,
    (_all, begin: string, end: string) => `${begin}\n${table()}\n\n${end}`,
  );
