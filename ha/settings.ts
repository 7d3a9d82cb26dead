import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Appliance, SharedAddressModel } from "../appliance/model.ts";
import { ApplianceError } from "../appliance/errors.ts";
import { VERSION } from "../appliance/version.ts";
import type { HaSettings, SharedAddress } from "./core/settings.ts";
import { timersProblem } from "./core/settings.ts";
import { millis } from "./core/time.ts";

/** Written by `ngcpcfg build`, which has validated it. */
export const SETTINGS_FILE = "/etc/ngcp-ha/settings.json";

export class SettingsUnusableError extends ApplianceError {
  override readonly name = "SettingsUnusableError";
  readonly code = "NGCP_SETTINGS_UNUSABLE";

  constructor(path: string, problem: string, options?: ErrorOptions) {
    super(`${path} ${problem}; \`ngcpcfg build\` writes it`, options);
  }
}

/**
 * Reads the configuration of this node.
 *
 * @throws {SettingsUnusableError} when the file is not there, cannot be read or is no JSON
 */
export const readAppliance = (path: string): Appliance => {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as Appliance;
  } catch (cause) {
    throw new SettingsUnusableError(path, "could not be read", { cause });
  }
};

/** Beats and dead time where the kernel grants no real-time scheduling: a busy machine delays a beat by 100 ms and more. */
const WITHOUT_REAL_TIME = { heartbeatMs: 100, deadMs: 500 };

/** Lengths of time that nobody has a reason to configure. */
const FIXED = {
  suspectLeadMs: millis(150),
  claimMs: millis(100),
  carrierSettleMs: millis(30),
  listenMs: millis(100),
  togetherMs: millis(2_000),
  retryMs: millis(1_000),
  unfitExpiryMs: millis(60_000),
  unfitHandoversMax: 2,
  unfitWindowMs: millis(300_000),
  prepareMaxMs: millis(10_000),
  handOverMaxMs: millis(2_000),
  openMaxMs: millis(60_000),
  closeMaxMs: millis(30_000),
  servedAlarmMs: millis(10_000),
  differsAlarmMs: millis(15_000),
} as const;

const sharedAddressOf = (model: SharedAddressModel): SharedAddress => ({
  cidr: `${model.address}/${model.prefix}`,
  family: model.family,
  device: model.device,
});

/** Short, and the same on both nodes whatever the order of the list. */
const hashOf = (addresses: readonly SharedAddress[]): string =>
  createHash("sha256")
    .update(
      addresses
        .map(({ cidr, device }) => `${device} ${cidr}\n`)
        .sort()
        .join(""),
    )
    .digest("hex")
    .slice(0, 16);

/**
 * What the core must know, from the configuration of the appliance.
 *
 * @param realTime whether the daemon runs under a real-time scheduling policy
 * @throws {SettingsUnusableError} when the timers are not safe
 */
export const haSettingsOf = (appliance: Appliance, realTime: boolean): HaSettings => {
  const { ha, self, peer } = appliance;
  const sharedAddresses = ha.sharedAddresses.map(sharedAddressOf);
  const slower = realTime ? { heartbeatMs: 0, deadMs: 0 } : WITHOUT_REAL_TIME;
  const settings: HaSettings = {
    ...FIXED,
    node: self.name,
    peer: peer.name,
    version: VERSION,
    rank: self.id === 1 ? 0 : 1,
    paired: appliance.secrets !== undefined,
    sharedAddresses,
    sharedAddressesHash: hashOf(sharedAddresses),
    heartbeatMs: millis(Math.max(ha.heartbeatMs, slower.heartbeatMs)),
    deadMs: millis(Math.max(ha.deadMs, slower.deadMs)),
    tickMs: millis(ha.tickMs),
    yieldMs: millis(ha.yieldMs),
    releaseMaxMs: millis(ha.releaseMaxMs),
    initialDeadMs: millis(ha.initialDeadMs),
    aloneWaitMs: millis(ha.aloneWaitMs),
    pingAdvantageMs: millis(ha.pingAdvantageMs),
    standbyHoldOffMs: millis(ha.standbyHoldOffMs),
    canFencePeer: ha.fencePeerCommand !== undefined,
  };
  const problem = timersProblem(settings);
  if (problem !== undefined) throw new SettingsUnusableError(SETTINGS_FILE, problem);
  return settings;
};

/** What the journal says of a node whose failover is slower than it could be; undefined where all is well. */
export const schedulingProblem = (
  { heartbeatMs, deadMs }: Pick<HaSettings, "heartbeatMs" | "deadMs">,
  realTime: boolean,
): string | undefined =>
  realTime
    ? undefined
    : `no real-time scheduling: heartbeats every ${heartbeatMs} ms and a dead time of ${deadMs} ms are used`;

const SCHED_FIFO = 1;
const SCHED_RR = 2;
/** Field 41 of /proc/PID/stat, counted after the name in parentheses, which may hold spaces (proc(5)). */
const POLICY_FIELD = 41 - 3;

/** Whether this process runs under SCHED_RR or SCHED_FIFO: its heartbeats then go out on a busy machine too. */
export const isRealTime = (stat: string = readFileSync("/proc/self/stat", "utf8")): boolean => {
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const policy = Number(fields[POLICY_FIELD]);
  return policy === SCHED_RR || policy === SCHED_FIFO;
};
