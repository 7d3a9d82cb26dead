import { spawn } from "node:child_process";
import path from "node:path";
import type { ChildProcess } from "node:child_process";
import { setTimeout as pause } from "node:timers/promises";
import { daemonStatus } from "../node-status.ts";
import { NODES } from "../names.ts";
import type { Lab, NodeName } from "../names.ts";
import { enter, NodeError } from "../node.ts";
import { run } from "../run.ts";

/** What a daemon takes while nothing happens. */
export interface Resting {
  readonly node: NodeName;
  readonly role: string;
  /** Resident memory, MB of a million bytes. */
  readonly rss_mb: number;
  /** Processor time of the daemon and of what it has started, percent of one core. */
  readonly cpu_percent: number;
  /** One whole run of ngcp-check-active, the median, milliseconds. */
  readonly check_active_ms: number;
}

export interface Busy {
  readonly minutes: number;
  readonly loops: number;
  /** Role changes while the loops ran; there was no cause for any. */
  readonly false_takeovers: number;
}

const CHECKS = 200;
const BUSY_LOOPS = 8;
const LOOK_MS = 500;

const ask = async (lab: Lab, node: NodeName, script: string): Promise<string> => {
  const { status, stdout, stderr } = await enter(lab, node, ["bash", "-c", script], {
    timeoutMs: 120_000,
  });
  if (status !== 0) throw new NodeError(`${node} could not be measured: ${stderr}`);
  return stdout.trim();
};

/** User and system time of the daemon and what it has started, in clock ticks of 10 ms, and its memory in kB. */
const USAGE = `
  pid=$(systemctl show --value -p MainPID ngcp-ha.service)
  for child in $pid $(pgrep -P "$pid"); do sed 's/.*) //' "/proc/$child/stat"; done |
    awk '{ ticks += $12 + $13 } END { print ticks }'
  awk '/^VmRSS/ { print $2 }' "/proc/$pid/status"`;

/** Median of the runs, in microseconds; bash's own clock, so that no other process is in the figure. */
const CHECK = `
  for run in $(seq ${CHECKS}); do
    from=\${EPOCHREALTIME/./}; ngcp-check-active; echo $((\${EPOCHREALTIME/./} - from))
  done | sort -n | sed -n ${CHECKS / 2}p`;

const usageOf = async (lab: Lab, node: NodeName): Promise<readonly [number, number]> => {
  const [ticks = "0", kilobytes = "0"] = (await ask(lab, node, USAGE)).split("\n");
  return [Number(ticks), Number(kilobytes)];
};

const BARE = path.join(import.meta.dirname, "bare-heartbeat.js");

/** What the heartbeat alone takes of a core of this machine, percent: the least that a daemon in Node.js can take. */
const bareHeartbeat = async (seconds: number): Promise<number> =>
  Number(await run([process.execPath, BARE, String(seconds)]));

export interface AtRest {
  readonly rest: readonly Resting[];
  /** Of a process that does nothing but the heartbeat, in the same time. */
  readonly bare_heartbeat_percent: number;
}

/** Watches both daemons for `seconds`, then asks each node for its role again and again. */
export const atRest = async (lab: Lab, seconds: number): Promise<AtRest> => {
  const before = await Promise.all(NODES.map((node) => usageOf(lab, node)));
  const startedAt = performance.now();
  const bare = await bareHeartbeat(seconds);
  const watchedFor = (performance.now() - startedAt) / 1000;
  const after = await Promise.all(NODES.map((node) => usageOf(lab, node)));
  const rows: Resting[] = [];
  for (const [index, node] of NODES.entries()) {
    const ticks = (after[index]?.[0] ?? 0) - (before[index]?.[0] ?? 0);
    rows.push({
      node,
      role: (await daemonStatus(lab, node))?.role ?? "unknown",
      rss_mb: rounded(((after[index]?.[1] ?? 0) * 1024) / 1e6),
      cpu_percent: rounded(ticks / watchedFor),
      check_active_ms: rounded(Number(await ask(lab, node, CHECK)) / 1000),
    });
  }
  return { rest: rows, bare_heartbeat_percent: bare };
};

const termOf = async (lab: Lab): Promise<number> =>
  Math.max(
    ...(await Promise.all(NODES.map(async (node) => (await daemonStatus(lab, node))?.term ?? 0))),
  );

const startLoop = (): ChildProcess =>
  spawn("setpriv", ["--pdeathsig", "KILL", "sh", "-c", "while :; do :; done"], { stdio: "ignore" });

/** Keeps every core busy for a while. A takeover raises the term, so the terms tell how many there were. */
export const amidBusyLoops = async (
  lab: Lab,
  minutes: number,
  say: (line: string) => void,
): Promise<Busy> => {
  const before = await termOf(lab);
  const loops = Array.from({ length: BUSY_LOOPS }, startLoop);
  try {
    const until = performance.now() + minutes * 60_000;
    for (let told = minutes; performance.now() < until;) {
      await pause(LOOK_MS);
      const left = Math.ceil((until - performance.now()) / 60_000);
      if (left < told) say(`${BUSY_LOOPS} busy loops: ${left} min more`);
      told = Math.min(told, left);
    }
  } finally {
    for (const loop of loops) loop.kill("SIGKILL");
  }
  await pause(LOOK_MS);
  return { minutes, loops: BUSY_LOOPS, false_takeovers: (await termOf(lab)) - before };
};

const rounded = (value: number): number => Math.round(value * 10) / 10;
