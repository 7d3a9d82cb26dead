import type { Lane, PlanStep } from "./effect.ts";
import type { HaSettings } from "./settings.ts";
import type { HaState } from "./state.ts";
import type { Instant, Millis } from "./time.ts";
import { after, millis } from "./time.ts";

/** A fact that a lane waits for before its next step. */
export type Wait =
  /** The claim has been on both links long enough for the peer to answer it. */
  | "claimHeard"
  /** The peer says that it has prepared what it can (or the time for it is over and the plan insists). */
  | "peerReady"
  | "peerHolds"
  | "addressHeld"
  | "addressReleased";

export type PlanItem = { readonly step: PlanStep } | { readonly wait: Wait };

export type PlanKind =
  /** The addresses first, then the services. */
  | "takeOver"
  /** Keep what a restarted daemon found: addresses and services are confirmed. */
  | "adopt"
  /** Planned: the peer prepares, the addresses are released and granted to it, the services follow. */
  | "handOver"
  /** As `handOver`, without waiting for the peer to prepare. */
  | "yieldNow"
  /** Release at once, to nobody in particular. */
  | "standDown"
  /** The peer asked this standby to get ready. */
  | "prepare"
  /** Bring the services to what the role needs. */
  | "closeUp"
  | "openUp";

/** What one node is about to do, as data. A newer plan replaces an older one; steps in flight settle first. */
export interface Plan {
  readonly kind: PlanKind;
  readonly number: number;
  /** The term that is claimed or granted. */
  readonly term: number;
  readonly startedAt: Instant;
  readonly deadline: Instant;
  /** How long the claim is heard before it is acted on. */
  readonly claimWaitMs: Millis;
  /** Goes on when the peer does not get ready in time: forced by the operator, or this node shuts down. */
  readonly insists: boolean;
  readonly items: Readonly<Record<Lane, readonly PlanItem[]>>;
  readonly done: Readonly<Record<Lane, number>>;
  /** When the claim was on disk and could be said. */
  readonly claimedAt: Instant | undefined;
  /** Since when the next thing to do in the address lane is the release. */
  readonly releaseDueSince: Instant | undefined;
  readonly failed: { readonly step: PlanStep["kind"]; readonly reason: string } | undefined;
}

const step = (planStep: PlanStep): PlanItem => ({ step: planStep });
const wait = (fact: Wait): PlanItem => ({ wait: fact });

const ADD = step({ kind: "addSharedAddresses" });
const REMOVE = step({ kind: "removeSharedAddresses" });
const OPEN = step({ kind: "openServices" });
const CLOSE = step({ kind: "closeServices" });
const PREPARE = step({ kind: "prepareServices" });

/** What a plan is made for. */
export interface PlanRequest {
  readonly kind: PlanKind;
  readonly term: number;
  readonly claimWaitMs?: Millis;
  readonly insists?: boolean;
  /** Somebody else answers for the address and can be fenced first. */
  readonly fencePeer?: boolean;
}

const claim = (request: PlanRequest): readonly PlanItem[] => [
  step({ kind: "recordClaim", term: request.term }),
  wait("claimHeard"),
  ...(request.fencePeer === true ? [step({ kind: "fencePeer" })] : []),
  ADD,
];

const ITEMS: Readonly<
  Record<PlanKind, (request: PlanRequest) => Readonly<Record<Lane, readonly PlanItem[]>>>
> = {
  takeOver: (request) => ({ address: claim(request), services: [wait("addressHeld"), OPEN] }),
  adopt: () => ({ address: [ADD], services: [wait("addressHeld"), OPEN] }),
  handOver: () => ({
    address: [wait("peerReady"), REMOVE, wait("peerHolds")],
    services: [wait("addressReleased"), CLOSE],
  }),
  yieldNow: () => ({
    address: [REMOVE, wait("peerHolds")],
    services: [wait("addressReleased"), CLOSE],
  }),
  standDown: () => ({ address: [REMOVE], services: [wait("addressReleased"), CLOSE] }),
  prepare: () => ({ address: [], services: [PREPARE] }),
  closeUp: () => ({ address: [], services: [CLOSE] }),
  openUp: () => ({ address: [], services: [OPEN] }),
};

/** Every plan has a deadline (the simulator found one lost step result to last for ever without it). */
const longest = (kind: PlanKind, settings: HaSettings): Millis => {
  switch (kind) {
    case "takeOver":
    case "adopt":
    case "openUp":
      return settings.openMaxMs;
    case "handOver":
      return millis(settings.prepareMaxMs + settings.handOverMaxMs + settings.closeMaxMs);
    case "yieldNow":
      return millis(settings.handOverMaxMs + settings.closeMaxMs);
    case "standDown":
    case "closeUp":
      return settings.closeMaxMs;
    case "prepare":
      return settings.prepareMaxMs;
  }
};

export const startPlan = (state: HaState, settings: HaSettings, request: PlanRequest): HaState => ({
  ...state,
  planCount: state.planCount + 1,
  plan: {
    kind: request.kind,
    number: state.planCount + 1,
    term: request.term,
    startedAt: state.now,
    deadline: after(state.now, longest(request.kind, settings)),
    claimWaitMs: request.claimWaitMs ?? millis(0),
    insists: request.insists ?? false,
    items: ITEMS[request.kind](request),
    done: { address: 0, services: 0 },
    claimedAt: undefined,
    releaseDueSince: undefined,
    failed: undefined,
  },
});

export const laneIsDone = (plan: Plan, lane: Lane): boolean =>
  plan.done[lane] >= plan.items[lane].length;

export const planIsDone = (plan: Plan): boolean =>
  laneIsDone(plan, "address") && laneIsDone(plan, "services");

/** A plan that makes this node give the addresses to the peer, and is past doing so. */
export const grants = (plan: Plan | undefined): plan is Plan =>
  plan !== undefined && (plan.kind === "handOver" || plan.kind === "yieldNow");
