import type { Figure } from "../figure.ts";
import { figure, median } from "../figure.ts";
import { until } from "../../contract/sip/until.ts";
import { BenchNode } from "./node.ts";
import { DOMAIN } from "./phones.ts";
import type { Load, Outcome } from "./phones.ts";
import { furnishStock, startStock, STOCK_PORT } from "./stock.ts";

const RUNS = 10;
const SUBSCRIBERS = 1_000;
const OUR_PORT = 5060;
const SHARE = 0.8;

const REGISTRATIONS = { count: 600, atOnce: 40 };
const CALLS = { count: 300, atOnce: 20 };
const CHAINS = [OUR_PORT, STOCK_PORT] as const;

/** Each chain in turn, so that what else the machine does is in both. */
const inTurn = async (
  load: (of: Load) => Promise<Outcome>,
  of: Omit<Load, "port">,
): Promise<ReadonlyMap<number, readonly number[]>> => {
  const taken = new Map<number, number[]>(CHAINS.map((port) => [port, []]));
  for (const port of CHAINS) await load({ ...of, port });
  for (let run = 0; run < RUNS; run += 1)
    for (const port of CHAINS) taken.get(port)?.push((await load({ ...of, port })).perSecond);
  return taken;
};

const figures = (
  what: string,
  taken: ReadonlyMap<number, readonly number[]>,
): readonly Figure[] => {
  const own = taken.get(OUR_PORT) ?? [];
  const stock = taken.get(STOCK_PORT) ?? [];
  return [
    figure(`${what} through the whole chain`, "1/s", own),
    figure("  through stock engines", "1/s", stock),
    figure("  ratio of the medians", "", [median(own) / median(stock)], { atLeast: SHARE }),
  ];
};

/** Registrations and calls per second, beside the same chain of stock engines on the same node. */
export const sipThroughput = async (): Promise<Figure[]> => {
  const bench = await BenchNode.start(
    "benchsip",
    { subscribers: SUBSCRIBERS, phones: SUBSCRIBERS },
    (root) => {
      furnishStock(root, DOMAIN);
      return Promise.resolve();
    },
  );
  const { node, phones } = bench;
  try {
    await startStock(node, DOMAIN, SUBSCRIBERS);
    const registered = await inTurn((load) => phones.registrations(load), REGISTRATIONS);
    await phones.openCallees(CHAINS);
    const called = await inTurn((load) => phones.calls(load), CALLS);
    const calls = CALLS.count * (RUNS + 1);
    const records = async (): Promise<number> =>
      Number(await node.sql("select count(*) from accounting.cdr where call_status = 'ok'"));
    await until(async () => (await records()) >= calls, 60_000);
    return [
      ...figures("registrations", registered),
      ...figures("calls", called),
      figure("  call detail records", `of ${calls} calls`, [await records()], { atLeast: calls }),
    ];
  } finally {
    await bench.end();
  }
};
