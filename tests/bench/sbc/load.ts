import { availableParallelism } from "node:os";
import { setTimeout as pause } from "node:timers/promises";
import { freeUdpPort, SbcPair } from "../../contract/sbc/pair.ts";
import { asCallee, Sipp, scenario } from "../../contract/sbc/sipp.ts";
import type { Calls } from "../../contract/sbc/sipp.ts";
import { until } from "../../contract/sip/until.ts";
import type { Figure } from "../figure.ts";
import { figure } from "../figure.ts";
import { Asterisk } from "./asterisk.ts";
import { calm, hurry, pin, processorMs, residentMegabytes } from "./process.ts";

/** What is measured has this core for itself; SIPp and Redis share the other one. */
const CORE = "0";
const OTHER_CORE = "1";
const ALL_CORES = `0-${availableParallelism() - 1}`;

const TALK_MS = 1_000;
const SECOND_MS = 1_000;

interface Load {
  readonly calls: number;
  readonly perSecond: number;
}

const WARM_UP: Load = { calls: 4_000, perSecond: 400 };
/** Somewhat more than what is asked for, which SIPp does not quite keep. */
const FULL: Load = { calls: 22_500, perSecond: 750 };
/** What Asterisk is tried with, from what it can to what we have to. */
const ASTERISK_LOADS: readonly Load[] = [
  { calls: 1_000, perSecond: 50 },
  { calls: 3_000, perSecond: 150 },
  { calls: 7_500, perSecond: FULL.perSecond },
];

/** A back-to-back user agent that hands every call to one callee. */
interface Engine {
  readonly port: number;
  readonly pid: number;
}

interface Measured {
  readonly caller: Calls;
  readonly callsPerSecond: number;
  readonly processorMsPerCall: number;
  readonly residentMegabytes: number;
}

const measured = async (engine: Engine, calleePort: number, load: Load): Promise<Measured> => {
  const callee = new Sipp([...asCallee(), "-p", String(calleePort)]);
  const before = processorMs(engine.pid);
  const startedAt = performance.now();
  const words = ["-m", String(load.calls), "-r", String(load.perSecond), "-d", String(TALK_MS)];
  const limit = ["-timeout", "60s", "-timeout_error"];
  const caller = new Sipp([
    ...[`127.0.0.1:${engine.port}`, "-sf", scenario("caller")],
    ...[...words, ...limit],
  ]);
  try {
    await caller.ended();
    const tookMs = performance.now() - startedAt;
    const calls = caller.calls();
    return {
      caller: calls,
      callsPerSecond: (calls.good / tookMs) * SECOND_MS,
      processorMsPerCall: (processorMs(engine.pid) - before) / calls.good,
      residentMegabytes: residentMegabytes(engine.pid),
    };
  } finally {
    await Promise.all([caller.remove(), callee.remove()]);
  }
};

/** Runs `work` with this process, and what it starts, on the other core and before all else. */
const aside = async <Value>(work: () => Promise<Value>): Promise<Value> => {
  pin(process.pid, OTHER_CORE);
  hurry(process.pid);
  try {
    return await work();
  } finally {
    calm(process.pid);
    pin(process.pid, ALL_CORES);
  }
};

/** Calls set up, answered and ended on one core, with replication. */
const throughput = async (): Promise<Figure[]> => {
  const port = await freeUdpPort();
  const pair = await SbcPair.start(port);
  try {
    const engine = { port: pair.port, pid: pair.pid };
    pin(engine.pid, CORE);
    await measured(engine, port, WARM_UP);
    const result = await measured(engine, port, FULL);
    const { caller, callsPerSecond, processorMsPerCall } = result;
    return [
      figure("load on one core, replicated: calls", `of ${FULL.calls} calls`, [caller.good], {
        atLeast: FULL.calls,
      }),
      figure("  rate", "calls/s", [callsPerSecond], { atLeast: 700 }),
      figure("  messages that the caller sent again", "messages", [caller.retransmissions], {
        atMost: 0,
      }),
      figure("  processor time", "ms/call", [processorMsPerCall], { atMost: 1.2 }),
      figure("  resident memory after it", "MB", [result.residentMegabytes]),
    ];
  } finally {
    await pair.end();
  }
};

const MANY = 10_000;
const MANY_PER_SECOND = 400;
/** The last call is up before the first one ends. */
const LONG_TALK_MS = (2 * MANY * SECOND_MS) / MANY_PER_SECOND;

/** Memory while 10,000 calls are up. */
const memory = async (): Promise<Figure[]> => {
  const port = await freeUdpPort();
  const pair = await SbcPair.start(port);
  const callee = new Sipp([...asCallee(), "-p", String(port)]);
  const words = ["-m", String(MANY), "-l", String(MANY), "-r", String(MANY_PER_SECOND)];
  const talk = ["-d", String(LONG_TALK_MS)];
  pin(pair.pid, CORE);
  const caller = new Sipp([
    ...[`127.0.0.1:${pair.port}`, "-sf", scenario("caller")],
    ...[...words, ...talk],
  ]);
  try {
    await until(async () => (await pair.records()) >= MANY, 3 * LONG_TALK_MS);
    await until(async () => (await pair.phases())["confirmed"] === MANY, LONG_TALK_MS);
    const megabytes = residentMegabytes(pair.pid);
    await caller.ended();
    return [
      figure(`${MANY} calls up: resident memory`, "MB", [megabytes], { atMost: 200 }),
      figure("  calls ended well", `of ${MANY} calls`, [caller.calls().good], { atLeast: MANY }),
    ];
  } finally {
    await Promise.all([caller.remove(), callee.remove(), pair.end()]);
  }
};

/** The same calls through Asterisk, which replicates nothing. */
const comparison = async (): Promise<Figure[]> => {
  const port = await freeUdpPort();
  const asterisk = await Asterisk.start(await freeUdpPort(), port);
  try {
    pin(asterisk.pid, CORE);
    const figures: Figure[] = [];
    for (const load of ASTERISK_LOADS) {
      const { caller, processorMsPerCall } = await measured(asterisk, port, load);
      figures.push(
        figure(`Asterisk at ${load.perSecond} calls/s: calls`, `of ${load.calls} calls`, [
          caller.good,
        ]),
        figure("  messages that the caller sent again", "messages", [caller.retransmissions]),
        figure("  processor time", "ms/call", [processorMsPerCall]),
      );
      // What it still has to do of this load is no part of the next.
      await pause(SECOND_MS);
    }
    return figures;
  } finally {
    await asterisk.end();
  }
};

/** Rate, processor time and memory on one core with replication on, and Asterisk beside it. */
export const sbcLoad = (): Promise<Figure[]> =>
  aside(async () => [...(await throughput()), ...(await memory()), ...(await comparison())]);
