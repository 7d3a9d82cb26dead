import { canHandOver, disagreesOnAddresses } from "./conditions.ts";
import type { CommandOutcome, Effect } from "./effect.ts";
import type { Command, HaEvent } from "./event.ts";
import { failedJustNow, isEligible, lacksData } from "./eligibility.ts";
import type { Outcome } from "./outcome.ts";
import { outcome } from "./outcome.ts";
import { alivePeer, claimsRole, configurationDiffers, otherVersion } from "./peer.ts";
import type { HaSettings } from "./settings.ts";
import type { HaState } from "./state.ts";
import type { Instant } from "./time.ts";
import { after, millis } from "./time.ts";

type Code = `NGCP_${string}`;

type Verdict =
  | { readonly kind: "accept" }
  | { readonly kind: "done"; readonly sentence: string }
  | { readonly kind: "refuse"; readonly code: Code; readonly sentence: string };

const ACCEPT: Verdict = { kind: "accept" };
const done = (sentence: string): Verdict => ({ kind: "done", sentence });
const refuse = (code: Code, sentence: string): Verdict => ({ kind: "refuse", code, sentence });

const answer = (
  id: number,
  result: CommandOutcome,
  code: Code | undefined,
  sentence: string,
): Effect => ({ kind: "answerCommand", id, outcome: result, code, sentence });

const alone = (settings: HaSettings): Verdict =>
  refuse(
    "NGCP_PEER_SILENT",
    `${settings.peer} is not heard on any link: whether it is active cannot be known, and --force does not change that`,
  );

/** Two nodes that do not work with the same would surprise at the change of the role (rule 10). */
const judgeSameness = (state: HaState, settings: HaSettings): Verdict => {
  const { node, peer } = settings;
  const version = otherVersion(state, settings);
  if (version !== undefined)
    return refuse(
      "NGCP_VERSIONS_DIFFER",
      `${peer} has version ${version} of the package and ${node} ${settings.version}: upgrade the older node; --force overrides`,
    );
  if (configurationDiffers(state))
    return refuse(
      "NGCP_CONFIGURATIONS_DIFFER",
      `${peer} works with another configuration than ${node}: ngcpcfg push or pull ends it; --force overrides`,
    );
  return ACCEPT;
};

/** The one that would take the role, also works with what its configuration says. */
const judgeOwnFiles = ({ configuration }: HaState): Verdict =>
  configuration.drifted.length === 0
    ? ACCEPT
    : refuse(
        "NGCP_CONFIGURATION_DRIFTED",
        `${configuration.drifted.join(", ")} is not what the configuration makes of it: ngcpcfg apply puts it right; --force overrides`,
      );

const firstRefusal = (...verdicts: readonly Verdict[]): Verdict =>
  verdicts.find(({ kind }) => kind !== "accept") ?? ACCEPT;

/** Only an operator can know that the peer's data are lost for good. */
const judgeData = (state: HaState, settings: HaSettings, force: boolean): Verdict =>
  lacksData(state, settings) && !force
    ? refuse(
        "NGCP_LACKS_DATA",
        `${settings.node}'s database is empty, and ${settings.peer} has the subscribers: bring ${settings.peer} back; --force makes do with the empty one`,
      )
    : ACCEPT;

const judgeStandbyTakes = (state: HaState, settings: HaSettings, force: boolean): Verdict => {
  const peer = alivePeer(state, settings);
  if (peer === undefined)
    return lacksData(state, settings) ? judgeData(state, settings, force) : alone(settings);
  if (!claimsRole(peer)) return judgeData(state, settings, force);
  if (force) return ACCEPT;
  if (!isEligible(state, settings))
    return refuse(
      "NGCP_NOT_ELIGIBLE",
      `${settings.node} cannot do well as the active node now (${reasons(state, settings)}); --force overrides`,
    );
  if (!state.replication.inSync)
    return refuse(
      "NGCP_NOT_IN_SYNC",
      `${settings.node} is not in sync with ${settings.peer} (${state.replication.detail}); --force overrides`,
    );
  return firstRefusal(judgeSameness(state, settings), judgeOwnFiles(state));
};

const isAhead = (state: HaState, at: Instant | undefined): boolean =>
  at !== undefined && state.now < at;

/** Why this node is not eligible, in the operator's words. */
const reasons = (state: HaState, settings: HaSettings): string =>
  [
    ...state.unfitReasons,
    ...(lacksData(state, settings) ? ["its database is empty"] : []),
    ...(state.carrier.lan.up ? [] : ["its LAN interface has no carrier"]),
    ...(isAhead(state, state.unfitUntil) ? ["it was unfit a moment ago"] : []),
    ...(failedJustNow(state, settings) ? [`its last attempt failed: ${state.failure}`] : []),
  ].join("; ");

const judgeMakeActive = (state: HaState, settings: HaSettings, force: boolean): Verdict => {
  if (!settings.paired)
    return refuse("NGCP_NOT_PAIRED", "this node has no secrets of the pair: run ngcp-pair");
  switch (state.role) {
    case "active":
      return done(`${settings.node} is active already, since term ${state.claimTerm}`);
    case "promoting":
      return ACCEPT;
    case "starting":
      return judgeData(state, settings, force);
    case "standby":
      return disagreesOnAddresses(state, settings) && !force
        ? refuse(
            "NGCP_ADDRESSES_DIFFER",
            `${settings.peer} was configured with other shared addresses: run ngcpcfg on both nodes`,
          )
        : judgeStandbyTakes(state, settings, force);
    case "demoting":
    case "fenced":
      return refuse("NGCP_BUSY", `${settings.node} is ${state.role}: ${state.because}`);
  }
};

const judgeMakeStandby = (state: HaState, settings: HaSettings, force: boolean): Verdict => {
  if (state.role === "standby") return done(`${settings.node} is standby already`);
  if (state.role !== "active")
    return refuse("NGCP_BUSY", `${settings.node} is ${state.role}: ${state.because}`);
  const peer = alivePeer(state, settings);
  if (peer === undefined)
    return refuse(
      "NGCP_PEER_SILENT",
      `${settings.peer} is not heard on any link: nobody could take the role, and --force does not change that`,
    );
  if (!canHandOver(state, settings))
    return refuse(
      "NGCP_PEER_NOT_WILLING",
      `${settings.peer} is on hold, shuts down, has an empty database or other shared addresses: it would not take the role`,
    );
  if (!peer.eligible && !force)
    return refuse(
      "NGCP_PEER_NOT_ELIGIBLE",
      `${settings.peer} is not fit, or was told to stand by less than a minute ago: --force overrides, and so does ngcp-make-active there`,
    );
  if (force) return ACCEPT;
  return peer.inSync
    ? judgeSameness(state, settings)
    : refuse("NGCP_NOT_IN_SYNC", `${settings.peer} is not in sync; --force overrides`);
};

const judge = (state: HaState, settings: HaSettings, command: Command): Verdict => {
  if (state.command !== undefined && command.kind !== "releaseHold")
    return refuse("NGCP_BUSY", "another command is being carried out");
  switch (command.kind) {
    case "makeActive":
      return judgeMakeActive(state, settings, command.force);
    case "makeStandby":
      return judgeMakeStandby(state, settings, command.force);
    case "releaseHold":
      return done(
        state.held ? `${settings.node} may be active again` : `${settings.node} is not on hold`,
      );
  }
};

/** What a command changes at once, whether it has to wait for more or not. */
const noted = (state: HaState, settings: HaSettings, command: Command): HaState => {
  switch (command.kind) {
    case "makeActive":
      return { ...state, held: false, standbyUntil: undefined, aloneAllowed: true };
    case "makeStandby":
      return {
        ...state,
        held: state.held || command.hold,
        standbyUntil: after(state.now, settings.standbyHoldOffMs),
      };
    case "releaseHold":
      return { ...state, held: false };
  }
};

/** Takes a command: refuses it with a reason, answers it, or keeps it until it is done. */
export const receive = (state: HaState, settings: HaSettings, event: HaEvent): Outcome => {
  if (event.kind !== "commandReceived") return outcome(state);
  const { id, command } = event;
  const changed = noted(state, settings, command);
  // Who is told to be active need not stand by any longer; who is told to stand by is judged as it was.
  const judged = command.kind === "makeActive" ? changed : state;
  const verdict = judge(judged, settings, command);
  if (verdict.kind === "refuse")
    return outcome(state, answer(id, "refused", verdict.code, verdict.sentence));
  if (verdict.kind === "done")
    return outcome(changed, answer(id, "done", undefined, verdict.sentence));
  const longest = millis(settings.prepareMaxMs + settings.handOverMaxMs + settings.openMaxMs);
  return outcome({ ...changed, command: { id, command, deadline: after(state.now, longest) } });
};

const finish = (
  state: HaState,
  result: CommandOutcome,
  code: Code | undefined,
  sentence: string,
): Outcome =>
  state.command === undefined
    ? outcome(state)
    : outcome({ ...state, command: undefined }, answer(state.command.id, result, code, sentence));

const handedOver = (state: HaState, settings: HaSettings): boolean =>
  state.role === "standby" &&
  state.services === "closed" &&
  alivePeer(state, settings)?.role === "active";

/** Answers a waiting command when what it asked for is so, or can no longer come about. */
export const answerCommand = (state: HaState, settings: HaSettings): Outcome => {
  const { command } = state;
  if (command === undefined) return outcome(state);
  const { node, peer } = settings;
  if (command.command.kind === "makeActive" && state.role === "active")
    return finish(
      state,
      "done",
      undefined,
      `${node} is active with term ${state.claimTerm}: ${state.because}`,
    );
  if (command.command.kind === "makeStandby" && handedOver(state, settings))
    return finish(
      state,
      "done",
      undefined,
      `${peer} is active with term ${state.term}, ${node} is standby`,
    );
  if (state.now >= command.deadline)
    return finish(
      state,
      "timedOut",
      "NGCP_NOT_IN_TIME",
      `not done in time: ${node} is ${state.role}, ${state.because}`,
    );
  return outcome(state);
};

/** A handover that came back to this node ends the command that asked for it. */
export const giveUpCommand = (state: HaState, because: string): Outcome =>
  state.command?.command.kind === "makeStandby"
    ? finish(
        { ...state, standbyUntil: undefined, held: false },
        "timedOut",
        "NGCP_NOT_IN_TIME",
        because,
      )
    : outcome(state);
