import * as is from "./conditions.ts";
import { diagnose } from "./diagnosis.ts";
import * as own from "./eligibility.ts";
import type { Condition } from "./condition.ts";
import type { AlarmName, Effect } from "./effect.ts";
import type { Outcome } from "./outcome.ts";
import { outcome } from "./outcome.ts";
import { deadTime, heardOn, otherVersion, silence } from "./peer.ts";
import type { HaSettings } from "./settings.ts";
import type { HaState } from "./state.ts";
import { elapsedSince } from "./state.ts";

interface AlarmRule {
  readonly name: AlarmName;
  readonly holds: Condition;
  readonly sentence: (state: HaState, settings: HaSettings) => string;
}

/** A peer that starts is heard on one link a moment before the other. */
const contactLasts: Condition = (state, settings) =>
  elapsedSince(state, state.peer.contactSince) >= deadTime(state, settings);

const linkIsSilent =
  (link: "crosslink" | "lan"): Condition =>
  (state, settings) =>
    elapsedSince(state, state.bornAt) >= settings.initialDeadMs &&
    !is.isSilent(state, settings) &&
    contactLasts(state, settings) &&
    !heardOn(state, link, settings);

const waitsAlone: Condition = (state, settings) =>
  state.role === "starting" && diagnose(state, settings) === "waitingAlone";

const servesUnheard: Condition = (state, settings) =>
  is.isServedElsewhere(state, settings) &&
  elapsedSince(state, state.suspicion?.since) >= settings.servedAlarmMs;

/** What needs a hand, in the operator's words. */
const ALARMS: readonly AlarmRule[] = [
  { name: "fenced", holds: (state) => state.role === "fenced", sentence: (state) => state.because },
  {
    name: "notPaired",
    holds: own.isUnpaired,
    sentence: () => "this node has no secrets of the pair: run ngcp-pair",
  },
  {
    name: "held",
    holds: own.isHeld,
    sentence: () =>
      "held in standby by an operator: ngcp-make-active or ngcp-make-standby --release ends it",
  },
  {
    name: "peerStrange",
    holds: own.hearsStranger,
    sentence: () =>
      "a node that is not the configured peer speaks here: check /etc/ngcp_nodename and network.yml",
  },
  {
    name: "peerNotUnderstood",
    holds: is.isNotUnderstood,
    sentence: () =>
      "heartbeats on the crosslink cannot be verified or are of a newer version: check ngcp-pair and the package versions",
  },
  {
    name: "addressesDiffer",
    holds: is.disagreesOnAddresses,
    sentence: (_state, settings) =>
      `${settings.peer} was configured with other shared addresses: run ngcpcfg on both nodes`,
  },
  {
    name: "versionDiffers",
    holds: (state, settings) => otherVersion(state, settings) !== undefined,
    sentence: (state, settings) =>
      `${settings.peer} has version ${otherVersion(state, settings) ?? ""} of the package and ${settings.node} ${settings.version}: upgrade the older node`,
  },
  {
    name: "configurationDiffers",
    holds: (state, settings) =>
      elapsedSince(state, state.configuration.differsSince) >= settings.differsAlarmMs,
    sentence: (_state, settings) =>
      `${settings.peer} works with another configuration: ngcpcfg status says which, ngcpcfg push or pull ends it`,
  },
  {
    name: "configurationDrifted",
    holds: (state) => state.configuration.drifted.length > 0,
    sentence: (state) =>
      `${state.configuration.drifted.join(", ")}: changed by somebody else than ngcpcfg; ngcpcfg apply puts it right`,
  },
  {
    name: "waitingAlone",
    holds: waitsAlone,
    sentence: (_state, settings) =>
      `${settings.peer} is not there and may hold newer data: ngcp-make-active ends the wait`,
  },
  {
    name: "peerServesUnheard",
    holds: servesUnheard,
    sentence: (_state, settings) =>
      `the daemon of ${settings.peer} is silent and its service answers: nobody is taken over from`,
  },
  {
    name: "peerSilent",
    holds: (state, settings) => silence(state) >= Math.max(settings.initialDeadMs, settings.deadMs),
    sentence: (_state, settings) => `${settings.peer} is not heard on any link`,
  },
  {
    name: "crosslinkDown",
    holds: linkIsSilent("crosslink"),
    sentence: (_state, settings) =>
      `${settings.peer} is not heard on the crosslink: check the cable of eth1`,
  },
  {
    name: "lanLinkDown",
    holds: linkIsSilent("lan"),
    sentence: (_state, settings) => `${settings.peer} is not heard on the LAN`,
  },
  {
    name: "lanCarrierLost",
    holds: (state) => !state.carrier.lan.up,
    sentence: () => "eth0 has no carrier",
  },
  {
    name: "pingNodesLost",
    holds: (state) => state.pings.lostAt !== undefined,
    sentence: () => "no ping node answers",
  },
  {
    name: "unfit",
    holds: (state) => state.unfitReasons.length > 0,
    sentence: (state) => state.unfitReasons.join("; "),
  },
  {
    name: "lacksData",
    holds: (state, settings) => own.lacksData(state, settings) || own.hasLostData(state),
    sentence: (state, settings) =>
      own.hasLostData(state)
        ? `this node's database is gone, and an empty one took its place: nothing is written to it, and ${settings.peer} has the data`
        : `this node's database is empty: it does not take over before it has ${settings.peer}'s data`,
  },
  {
    name: "notInSync",
    holds: (state, settings) =>
      elapsedSince(state, state.bornAt) >= settings.initialDeadMs && !state.replication.inSync,
    sentence: (state) => state.replication.detail,
  },
  {
    name: "addressAnsweredElsewhere",
    holds: (state) =>
      state.role === "active" &&
      state.contestedUntil !== undefined &&
      state.now < state.contestedUntil,
    sentence: () => "somebody else answered for the shared address: it is announced every second",
  },
  {
    name: "servicesNotOpen",
    holds: (state) =>
      state.role === "active" &&
      state.services !== "open" &&
      state.failedAt !== undefined &&
      state.failedAt >= state.roleSince,
    sentence: (state) => `the services did not start: ${state.failure}`,
  },
];

/** Raises what has become true and clears what is no longer. */
export const alarms = (state: HaState, settings: HaSettings): Outcome => {
  const rules = ALARMS.filter(({ holds }) => holds(state, settings));
  const names = rules.map(({ name }) => name);
  const raised = rules.filter(({ name }) => !state.alarms.includes(name));
  const cleared = state.alarms.filter((name) => !names.includes(name));
  if (raised.length === 0 && cleared.length === 0) return outcome(state);
  const effects: readonly Effect[] = [
    ...raised.map(({ name, sentence }): Effect => ({
      kind: "alarmRaised",
      alarm: name,
      sentence: sentence(state, settings),
    })),
    ...cleared.map((alarm): Effect => ({ kind: "alarmCleared", alarm })),
  ];
  return outcome({ ...state, alarms: names }, ...effects);
};
