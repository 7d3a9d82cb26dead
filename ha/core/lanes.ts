import type { Lane, PlanStep, RoleRecord } from "./effect.ts";
import type { StepId } from "./event.ts";
import type { Outcome } from "./outcome.ts";
import { outcome, then } from "./outcome.ts";
import { alivePeer, claimsRole, heardAt } from "./peer.ts";
import type { Plan, PlanItem, Wait } from "./plan.ts";
import type { HaSettings } from "./settings.ts";
import type { AddressFact, HaState, ServicesFact } from "./state.ts";
import type { Instant, Millis } from "./time.ts";
import { elapsed, millis } from "./time.ts";

const RECORD_MAX_MS = millis(1_000);
const ADD_MAX_MS = millis(1_000);
const FENCE_MAX_MS = millis(10_000);

const timeoutOf = (step: PlanStep, settings: HaSettings): Millis => {
  switch (step.kind) {
    case "recordClaim":
      return RECORD_MAX_MS;
    case "fencePeer":
      return FENCE_MAX_MS;
    case "addSharedAddresses":
      return ADD_MAX_MS;
    case "removeSharedAddresses":
      return settings.releaseMaxMs;
    case "prepareServices":
      return settings.prepareMaxMs;
    case "openServices":
      return settings.openMaxMs;
    case "closeServices":
      return settings.closeMaxMs;
  }
};

const WAITS: Readonly<Record<Wait, (state: HaState, settings: HaSettings, plan: Plan) => boolean>> =
  {
    claimHeard: (state, settings, plan) =>
      plan.claimWaitMs === 0 ||
      (plan.claimedAt !== undefined &&
        elapsed(plan.claimedAt, state.now) >= plan.claimWaitMs &&
        isHeardSince(state, settings, plan.claimedAt)),
    // An address that somebody else removed is free already: nothing is left to get ready for.
    peerReady: (state, settings, plan) =>
      state.address === "released" ||
      alivePeer(state, settings)?.handover === "ready" ||
      (plan.insists && elapsed(plan.startedAt, state.now) >= settings.prepareMaxMs),
    peerHolds: (state, settings, plan) => {
      const peer = alivePeer(state, settings);
      return peer !== undefined && claimsRole(peer) && peer.term >= plan.term;
    },
    addressHeld: (state) => state.address === "held",
    addressReleased: (state) => state.address === "released",
  };

/** What has been said since `from` reached the peer, by its own word; a peer that is silent has none. */
const isHeardSince = (state: HaState, settings: HaSettings, from: Instant): boolean => {
  const last = heardAt(state);
  return (
    last === undefined ||
    alivePeer(state, settings) === undefined ||
    last - state.peer.unheardMs >= from
  );
};

/** A step whose effect is a fact already is not run again. */
const isTrueAlready = (state: HaState, step: PlanStep): boolean => {
  switch (step.kind) {
    case "recordClaim":
      return state.record.term >= step.term;
    case "removeSharedAddresses":
      return state.address === "released";
    case "closeServices":
      return state.services === "closed";
    default:
      return false;
  }
};

/** Steps of both lanes share one numbering: those of the services follow those of the address. */
const stepId = (plan: Plan, lane: Lane): StepId =>
  `${plan.number}:${plan.done[lane] + (lane === "services" ? plan.items.address.length : 0)}`;

const next = (plan: Plan, lane: Lane): PlanItem | undefined => plan.items[lane][plan.done[lane]];

const advanced = (state: HaState, plan: Plan, lane: Lane): HaState => ({
  ...state,
  plan: {
    ...plan,
    claimedAt: lane === "address" ? (plan.claimedAt ?? state.now) : plan.claimedAt,
    done: { ...plan.done, [lane]: plan.done[lane] + 1 },
  },
});

/** What is uncertain while `step` runs. */
const uncertain = (state: HaState, step: PlanStep): HaState => {
  if (step.kind === "addSharedAddresses" || step.kind === "removeSharedAddresses")
    return { ...state, address: state.address === "held" ? "held" : "unknown" };
  return step.kind.endsWith("Services") ? { ...state, services: "unknown" } : state;
};

const issue = (state: HaState, plan: Plan, lane: Lane, settings: HaSettings) => {
  const item = next(plan, lane);
  if (item === undefined || "wait" in item) return outcome(state);
  const { step } = item;
  const id = stepId(plan, lane);
  const lanes = { ...state.lanes, [lane]: { id, step, startedAt: state.now } };
  return outcome(
    { ...uncertain(state, step), lanes },
    { kind: "runStep", id, lane, step, timeoutMs: timeoutOf(step, settings) },
  );
};

const noteReleaseDue = (state: HaState, plan: Plan, item: PlanItem | undefined): HaState =>
  item !== undefined &&
  "step" in item &&
  item.step.kind === "removeSharedAddresses" &&
  plan.releaseDueSince === undefined
    ? { ...state, plan: { ...plan, releaseDueSince: state.now } }
    : state;

const isPassed = (state: HaState, settings: HaSettings, plan: Plan, item: PlanItem): boolean =>
  "wait" in item ? WAITS[item.wait](state, settings, plan) : isTrueAlready(state, item.step);

const advanceLane =
  (lane: Lane, settings: HaSettings) =>
  (state: HaState): Outcome => {
    const { plan } = state;
    if (plan === undefined || plan.failed !== undefined) return outcome(state);
    const item = next(plan, lane);
    if (item === undefined) return outcome(state);
    const busy = state.lanes[lane] !== undefined;
    if (!busy && isPassed(state, settings, plan, item))
      return advanceLane(lane, settings)(advanced(state, plan, lane));
    const noted = lane === "address" ? noteReleaseDue(state, plan, item) : state;
    if (busy || "wait" in item) return outcome(noted);
    return issue(noted, noted.plan ?? plan, lane, settings);
  };

/**
 * Runs the plan as far as the facts allow. One step is in flight in each lane: a new plan waits until
 * the running step of its lane has settled, so that a late step cannot undo a newer one.
 */
export const advance = (state: HaState, settings: HaSettings): Outcome =>
  then(advanceLane("address", settings)(state), advanceLane("services", settings));

const ADDRESS_AFTER: Readonly<Partial<Record<PlanStep["kind"], AddressFact>>> = {
  addSharedAddresses: "held",
  removeSharedAddresses: "released",
};

const SERVICES_AFTER: Readonly<Partial<Record<PlanStep["kind"], ServicesFact>>> = {
  prepareServices: "prepared",
  openServices: "open",
  closeServices: "closed",
};

const withTerm = (record: RoleRecord, step: PlanStep): RoleRecord =>
  step.kind === "recordClaim" ? { ...record, term: Math.max(record.term, step.term) } : record;

const withFacts = (state: HaState, step: PlanStep): HaState => ({
  ...state,
  record: withTerm(state.record, step),
  recordAsked: withTerm(state.recordAsked, step),
  address: ADDRESS_AFTER[step.kind] ?? state.address,
  services: SERVICES_AFTER[step.kind] ?? state.services,
});

const laneOf = (state: HaState, id: StepId): Lane | undefined =>
  (["address", "services"] as const).find((lane) => state.lanes[lane]?.id === id);

/** Folds a step result into the facts. A result of a step that is not in flight is dropped. */
export const settle = (state: HaState, id: StepId, failure: string | undefined): HaState => {
  const lane = laneOf(state, id);
  const running = lane === undefined ? undefined : state.lanes[lane];
  if (lane === undefined || running === undefined) return state;
  const free = { ...state, lanes: { ...state.lanes, [lane]: undefined } };
  const known = failure === undefined ? withFacts(free, running.step) : free;
  const { plan } = known;
  if (plan === undefined || id !== stepId(plan, lane)) return known;
  return failure === undefined
    ? advanced(known, plan, lane)
    : {
        ...known,
        failedAt: known.now,
        failure,
        plan: { ...plan, failed: { step: running.step.kind, reason: failure } },
      };
};
