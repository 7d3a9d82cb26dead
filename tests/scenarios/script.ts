import type { RoleRecord } from "../../ha/core/effect.ts";
import type { HaSettings } from "../../ha/core/settings.ts";
import type { Birth } from "../../ha/core/state.ts";
import { instant, millis } from "../../ha/core/time.ts";
import { act, voiceOf } from "./actions.ts";
import { Stage } from "./stage.ts";

/** The settings that ship, for sp1 (rank 0) or sp2 (rank 1). */
const settingsOf = (node: string): HaSettings => ({
  node,
  peer: node === "sp1" ? "sp2" : "sp1",
  rank: node === "sp1" ? 0 : 1,
  paired: true,
  sharedAddresses: [{ cidr: "192.0.2.10/24", family: "ipv4", device: "eth0" }],
  sharedAddressesHash: "ours",
  heartbeatMs: millis(50),
  tickMs: millis(20),
  deadMs: millis(250),
  yieldMs: millis(100),
  releaseMaxMs: millis(50),
  suspectLeadMs: millis(150),
  claimMs: millis(100),
  carrierSettleMs: millis(30),
  listenMs: millis(100),
  initialDeadMs: millis(5_000),
  aloneWaitMs: millis(300_000),
  togetherMs: millis(2_000),
  retryMs: millis(1_000),
  pingAdvantageMs: millis(3_000),
  standbyHoldOffMs: millis(60_000),
  unfitExpiryMs: millis(60_000),
  unfitHandoversMax: 2,
  unfitWindowMs: millis(300_000),
  prepareMaxMs: millis(10_000),
  handOverMaxMs: millis(2_000),
  openMaxMs: millis(60_000),
  closeMaxMs: millis(30_000),
  servedAlarmMs: millis(10_000),
  canFencePeer: false,
});

/** A settled pair is six seconds old when the story begins. */
const PRELUDE_MS = 6_000;

const TOGETHER = /^(sp[12]) (active|standby), peer (active|standby), term (\d+)/;
const ALONE = /^(sp[12]) (boots|restarts)/;
const RECORD = /last (active|standby), term (\d+)/;

const recordOf = (opening: string): RoleRecord | undefined => {
  const [, role, term] = RECORD.exec(opening) ?? [];
  if (role !== "active" && role !== "standby") return undefined;
  return {
    role,
    term: Number(term),
    lastHeldTerm: role === "active" ? Number(term) : Math.max(0, Number(term) - 1),
    held: opening.includes("on hold"),
  };
};

const changed = (settings: HaSettings, opening: string): HaSettings => ({
  ...settings,
  paired: !opening.includes("not paired"),
  canFencePeer: opening.includes("a fence command"),
});

const together = (opening: string): Stage | undefined => {
  const [, node, role, peerRole, digits] = TOGETHER.exec(opening) ?? [];
  if (node === undefined || role === undefined || peerRole === undefined) return undefined;
  const term = Number(digits);
  const active = role === "active";
  const birth: Birth = {
    at: instant(-PRELUDE_MS),
    record: {
      role: active ? "active" : "standby",
      term,
      lastHeldTerm: active ? term : 0,
      held: false,
    },
    holdsAddresses: active,
    servicesRunning: active,
  };
  const stage = new Stage(changed(settingsOf(node), opening), birth);
  stage.silent = true;
  stage.saves = !opening.includes("disk full");
  stage.happen({ kind: "fitnessReported", reasons: [] }, "");
  stage.happen({ kind: "replicationReported", inSync: true, detail: "in sync" }, "");
  stage.happen({ kind: "pingNodesProbed", reached: 2, total: 2 }, "");
  stage.voice = voiceOf(stage, `${peerRole} term ${term}`);
  stage.pass(0);
  stage.silent = false;
  if (stage.state.role !== role)
    throw new Error(`the prelude of "${opening}" ends ${stage.state.role}`);
  return stage;
};

const alone = (opening: string): Stage | undefined => {
  const [, node, how] = ALONE.exec(opening) ?? [];
  if (node === undefined) return undefined;
  const holds = opening.includes("with the address");
  return new Stage(changed(settingsOf(node), opening), {
    at: instant(0),
    record: recordOf(opening),
    holdsAddresses: holds,
    servicesRunning: how === "restarts" && holds,
  });
};

const begin = (opening: string): Stage => {
  const stage = together(opening) ?? alone(opening);
  if (stage === undefined) throw new Error(`"${opening}" does not say how the story begins`);
  return stage;
};

const INPUT = /^ *(\d+) (?!tick\b|heard |saved )(.+?)(?: +→.*)?$/;

/**
 * Plays a transcript: the comments, the opening line and the inputs are taken from `text`, everything
 * that comes of them is made anew.
 *
 * @throws {Error} when a line is not understood
 */
export const play = (text: string): string => {
  const lines = text.split("\n");
  const first = lines.findIndex((line) => line !== "" && !line.startsWith("#"));
  const opening = lines[first] ?? "";
  const stage = begin(opening);
  for (const line of lines.slice(first + 1)) {
    if (line.startsWith("#") || line === "") {
      stage.lines.push(line);
      continue;
    }
    const [, at, words] = INPUT.exec(line) ?? [];
    if (at === undefined || words === undefined) continue;
    stage.pass(Number(at));
    act(stage, words);
  }
  const body = stage.lines.join("\n").trimEnd();
  return `${[...lines.slice(0, first), opening].join("\n")}\n${body}\n`;
};
