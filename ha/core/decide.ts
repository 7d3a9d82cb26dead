import { giveUpCommand } from "./command.ts";
import { isAnsweredElsewhere, isGranted, releaseOverran } from "./conditions.ts";
import type { Diagnosis } from "./diagnosis.ts";
import { diagnose } from "./diagnosis.ts";
import type { Role } from "./heartbeat.ts";
import type { Outcome } from "./outcome.ts";
import { outcome, then } from "./outcome.ts";
import { alivePeer } from "./peer.ts";
import type { PlanKind, PlanRequest } from "./plan.ts";
import { startPlan } from "./plan.ts";
import type { HaSettings } from "./settings.ts";
import type { HaState } from "./state.ts";
import type { Millis } from "./time.ts";
import { after, millis } from "./time.ts";
import type { Transition } from "./transitions.ts";
import { TRANSITIONS } from "./transitions.ts";

/** How long a taken address is announced every second at least, when somebody else had answered for it. */
const CONTEST_MS = millis(5_000);

const transitionFor = (role: Role, diagnosis: Diagnosis): Transition | undefined => {
  const cells: Readonly<Partial<Record<Diagnosis, Transition>>> = TRANSITIONS[role];
  return cells[diagnosis];
};

/** Where the peer may be claiming too, a claim is heard before it is acted on; the lower rank waits twice. */
const claimWait = (settings: HaSettings, diagnosis: Diagnosis): Millis =>
  diagnosis === "granted" || diagnosis === "peerSilent" || diagnosis === "grantNotTaken"
    ? millis(0)
    : millis(settings.claimMs * (1 + settings.rank));

const newTerm = (state: HaState, settings: HaSettings): number => {
  const peer = alivePeer(state, settings);
  return isGranted(state, settings) && peer !== undefined
    ? peer.term
    : Math.max(state.term, state.claimTerm, state.plan?.term ?? 0) + 1;
};

const insists = (state: HaState, settings: HaSettings): boolean =>
  state.shuttingDown ||
  (state.command?.command.kind === "makeStandby" && state.command.command.force) ||
  alivePeer(state, settings)?.forced === true;

const request = (
  state: HaState,
  settings: HaSettings,
  kind: PlanKind,
  diagnosis: Diagnosis,
): PlanRequest => {
  switch (kind) {
    case "takeOver":
      return {
        kind,
        term: newTerm(state, settings),
        claimWaitMs: claimWait(settings, diagnosis),
        fencePeer: settings.canFencePeer && isAnsweredElsewhere(state, settings),
      };
    case "handOver":
    case "yieldNow":
      return { kind, term: state.term + 1, insists: insists(state, settings) };
    default:
      return { kind, term: state.term };
  }
};

/** What is remembered when a plan begins. */
const noteBeginning = (
  state: HaState,
  settings: HaSettings,
  kind: PlanKind,
  diagnosis: Diagnosis,
): HaState => {
  if (kind === "takeOver" && state.plan !== undefined) {
    const { term } = state.plan;
    const contested = isAnsweredElsewhere(state, settings);
    return {
      ...state,
      term,
      claimTerm: term,
      contestedUntil: contested ? after(state.now, CONTEST_MS) : state.contestedUntil,
    };
  }
  return diagnosis === "unfit" || diagnosis === "servicesFailed"
    ? {
        ...state,
        unfitUntil: after(state.now, settings.unfitExpiryMs),
        unfitHandOvers: [...state.unfitHandOvers.slice(-9), state.now],
      }
    : state;
};

const begin = (state: HaState, settings: HaSettings, kind: PlanKind, diagnosis: Diagnosis) =>
  noteBeginning(
    startPlan(state, settings, request(state, settings, kind, diagnosis)),
    settings,
    kind,
    diagnosis,
  );

const enter = (state: HaState, to: Role, because: string): Outcome => {
  const from = state.role;
  if (from === to) return outcome(state);
  const term = to === "standby" ? state.term : state.claimTerm;
  return outcome(
    { ...state, role: to, roleSince: state.now, because },
    { kind: "roleChanged", from, to, because, term },
  );
};

/** A takeover from a peer that is gone is no time to be choosy, but who lacks rows of it says so. */
const wordOf = (state: HaState, diagnosis: Diagnosis, because: string): string =>
  diagnosis === "peerSilent" && !state.replication.inSync
    ? `${because}; this node was not in sync: ${state.replication.detail}`
    : because;

const apply = (
  state: HaState,
  settings: HaSettings,
  diagnosis: Diagnosis,
  transition: Transition,
): Outcome => {
  const { to, plan } = transition;
  const because = wordOf(state, diagnosis, transition.because);
  if (to === "same" && plan === undefined) return outcome(state);
  const begun = plan === undefined ? state : begin(state, settings, plan, diagnosis);
  const entered = to === "same" ? outcome(begun) : enter(begun, to, because);
  const keptAfterAll = state.role === "demoting" && (to === "active" || to === "promoting");
  return keptAfterAll ? then(entered, (next) => giveUpCommand(next, because)) : entered;
};

/** Fences this node when the address could not be given up in time, or the kernel refused to. */
const fenceOverrun = (state: HaState, settings: HaSettings): Outcome => {
  const refused = state.plan?.failed?.step === "removeSharedAddresses";
  if (state.role === "fenced" || !(refused || releaseOverran(state, settings)))
    return outcome(state);
  const because = refused
    ? `the shared address could not be removed: ${state.failure}`
    : "the shared address was not removed in time";
  return then(enter(state, "fenced", because), (fenced) =>
    outcome(fenced, { kind: "fenceSelf", because }),
  );
};

/** Names what is the matter and does what the table says about it. */
export const decide = (state: HaState, settings: HaSettings): Outcome =>
  then(fenceOverrun(state, settings), (current) => {
    const diagnosis = diagnose(current, settings);
    const transition = transitionFor(current.role, diagnosis);
    return transition === undefined
      ? outcome(current)
      : apply(current, settings, diagnosis, transition);
  });
