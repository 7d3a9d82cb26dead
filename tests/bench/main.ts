import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { table } from "../../ops/output/table.ts";
import type { Benchmark, Figure } from "./figure.ts";
import { holds } from "./figure.ts";
import { plainReplication } from "./replication/plain.ts";
import { provisioning } from "./provision.ts";
import { manySubscribersBeside } from "./sip/subscribers.ts";
import { sipThroughput } from "./sip/throughput.ts";
import { sbcDue } from "./sbc/due.ts";
import { sbcFuzz } from "./sbc/fuzz.ts";
import { sbcLayerFuzz } from "./sbc/layer-fuzz.ts";
import { sbcLoad } from "./sbc/load.ts";
import { sbcLoss } from "./sbc/loss.ts";
import { sbcParser } from "./sbc/parser.ts";
import { sbcTakeover } from "./sbc/takeover.ts";
import { sbcTorture } from "./sbc/torture.ts";

const SBC: readonly (readonly [string, Benchmark])[] = [
  ["sbc-torture", sbcTorture],
  ["sbc-layer-fuzz", sbcLayerFuzz],
  ["sbc-fuzz", sbcFuzz],
  ["sbc-takeover", sbcTakeover],
  ["sbc-due", sbcDue],
  ["sbc-loss", sbcLoss],
  ["sbc-load", sbcLoad],
];

/** All that is asked of the B2BUA, one after the other. */
const sbc = async (): Promise<Figure[]> => {
  const figures: Figure[] = [];
  for (const [, benchmark] of SBC) figures.push(...(await benchmark()));
  return figures;
};

const BENCHMARKS: ReadonlyMap<string, Benchmark> = new Map<string, Benchmark>([
  ["sbc", sbc],
  ...SBC,
  ["sbc-parser", sbcParser],
  ["provision", provisioning],
  ["replication", plainReplication],
  ["sip", sipThroughput],
  ["subscribers", manySubscribersBeside],
]);

const USAGE = `npm run bench -- NAME [--json FILE]     measures and prints; ends with 1 when a figure falls short
NAME: ${[...BENCHMARKS.keys()].join(", ")}
`;

const bound = ({ atMost, atLeast }: Figure): string =>
  atMost !== undefined ? `<= ${atMost}` : atLeast !== undefined ? `>= ${atLeast}` : "";

const rounded = (value: number): string => String(Number(value.toPrecision(4)));

const print = (figures: readonly Figure[]): void => {
  const rows = figures.map((each) => [
    each.name,
    rounded(each.value),
    each.unit,
    bound(each),
    holds(each) ? "" : "FALLS SHORT",
  ]);
  process.stdout.write(`${table(rows).join("\n")}\n`);
};

const { values, positionals } = parseArgs({
  options: { json: { type: "string" }, help: { type: "boolean", short: "h" } },
  allowPositionals: true,
});
const benchmark = BENCHMARKS.get(positionals[0] ?? "");
if (values.help === true) process.stdout.write(USAGE);
else if (benchmark === undefined || positionals.length !== 1) {
  process.stderr.write(USAGE);
  process.exitCode = 2;
} else {
  const figures = await benchmark();
  print(figures);
  if (values.json !== undefined)
    writeFileSync(values.json, `${JSON.stringify(figures, null, 2)}\n`);
  if (!figures.every(holds)) process.exitCode = 1;
}
