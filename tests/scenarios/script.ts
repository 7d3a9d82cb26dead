import type { RoleRecord } from "../../ha/core/effect.ts";
import type { HaSettings } from "../../ha/core/settings.ts";
import type { Birth } from "../../ha/core/state.ts";
import { instant } from "../../ha/core/time.ts";
import { settingsOf } from "../unit/ha/settings-of-a-pair.ts";
import { act, voiceOf } from "./actions.ts";
import { Stage } from "./stage.ts";

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
