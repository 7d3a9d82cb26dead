import type { DrillRun, Figures } from "./figures.ts";

type Measured =
  "address_outage_ms" | "sip_outage_ms" | "rtp_gap_a_ms" | "rtp_gap_b_ms" | "tls_back_ms";

/** The middle value, the mean of the two in the middle where their number is even; null of nothing. */
export const medianOf = (values: readonly number[]): number | null => {
  const sorted = [...values].sort((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.floor((sorted.length - 1) / 2)];
  return upper === undefined || lower === undefined ? null : (lower + upper) / 2;
};

const COLUMNS = [
  "drill",
  "runs",
  "address outage",
  "SIP outage",
  "RTP gap to A",
  "RTP gap to B",
  "both held (worst)",
  "calls kept",
];

/** Of results that were recorded with a phone behind NAT and a TLS phone. */
const REACH_COLUMNS = ["NAT phone reached", "TLS phone reached", "TLS phone back"];

/** The table of a results file: medians, in milliseconds, the worst run in brackets; both_held_ms is the worst run alone. */
export const markdownTable = (runs: readonly DrillRun[]): string => {
  const drills = [...new Set(runs.map((run) => run.drill))];
  const reach = runs.some((run) => run.figures?.nat_reached !== undefined);
  const columns = [...COLUMNS, ...(reach ? REACH_COLUMNS : [])];
  const rows = drills.map((drill) =>
    rowOf(
      drill,
      runs.filter((run) => run.drill === drill),
    ).slice(0, columns.length),
  );
  return [columns, columns.map(() => "---"), ...rows].map(line).join("\n");
};

const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;

const rowOf = (drill: string, runs: readonly DrillRun[]): readonly string[] => {
  const figures = runs.flatMap((run) => (run.figures === null ? [] : [run.figures]));
  const failed = runs.filter((run) => run.failure !== undefined).length;
  const up = sum(figures.map((one) => one.calls_up));
  return [
    drill,
    failed === 0 ? String(runs.length) : `${runs.length}, ${failed} failed`,
    measured(figures, "address_outage_ms"),
    measured(figures, "sip_outage_ms"),
    measured(figures, "rtp_gap_a_ms"),
    measured(figures, "rtp_gap_b_ms"),
    figures.length === 0 ? "-" : worst(figures.map((one) => one.both_held_ms)),
    up === 0 ? "-" : `${sum(figures.map((one) => one.calls_kept))} of ${up}`,
    reached(figures, "nat_reached"),
    reached(figures, "tls_reached"),
    measured(figures, "tls_back_ms"),
  ];
};

const reached = (figures: readonly Figures[], name: "nat_reached" | "tls_reached"): string => {
  const looked = figures.map((one) => one[name]).filter((value) => value !== undefined);
  return looked.length === 0 ? "-" : `${sum(looked)} of ${looked.length}`;
};

const measured = (figures: readonly Figures[], name: Measured): string => {
  const values = figures
    .map((one) => one[name])
    .filter((value) => value !== null && value !== undefined);
  const median = medianOf(values);
  return median === null ? "-" : `${median.toFixed(0)} (${worst(values)})`;
};

const worst = (values: readonly number[]): string => Math.max(...values).toFixed(0);

const sum = (values: readonly number[]): number => values.reduce((all, value) => all + value, 0);
