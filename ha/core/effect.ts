import type { StepId } from "./event.ts";
import type { Heartbeat, Role } from "./heartbeat.ts";
import type { Millis } from "./time.ts";

/** `address` runs in process and takes milliseconds; `services` may take seconds. One step each at a time. */
export type Lane = "address" | "services";

/** One piece of work that takes time and can fail. */
export type PlanStep =
  /** Term and role on disk, with fsync, before a claim is sent. */
  | { readonly kind: "recordClaim"; readonly term: number }
  | { readonly kind: "fencePeer" }
  /** Adds every shared address and announces it; one that is already there is success. */
  | { readonly kind: "addSharedAddresses" }
  /** Removes every shared address; one that is not there is success. */
  | { readonly kind: "removeSharedAddresses" }
  /** Starts the components that can start while they are unreachable; the peer is still active. */
  | { readonly kind: "prepareServices" }
  /** Side by side: Redis promoted (then rtpengine), ngcp-active.target started, relay log drained and the database writable. */
  | { readonly kind: "openServices" }
  /** Database read-only, Redis a replica of the peer, ngcp-active.target stopped; true also of a node that just started. */
  | { readonly kind: "closeServices" };

/** What is on disk: enough to know at the next boot who was active last (role-machine rule 13). */
export interface RoleRecord {
  /** The newest term this node knows of or has reserved for a claim. */
  readonly term: number;
  /** The last role that lasted. */
  readonly role: "active" | "standby";
  /** The newest term in which this node was active; 0 when it never was. */
  readonly lastHeldTerm: number;
  /** This pair has had an active node, this one or the other; absent in records of earlier versions. */
  readonly pairServed?: boolean;
  /** `ngcp-make-standby --hold`: never active until an operator says so. */
  readonly held: boolean;
}

export type CommandOutcome = "done" | "refused" | "timedOut";

export type AlarmName =
  | "peerSilent"
  | "peerServesUnheard"
  | "peerNotUnderstood"
  | "peerStrange"
  | "addressesDiffer"
  | "versionDiffers"
  | "configurationDiffers"
  | "configurationDrifted"
  | "crosslinkDown"
  | "lanLinkDown"
  | "lanCarrierLost"
  | "pingNodesLost"
  | "unfit"
  | "lacksData"
  | "notInSync"
  | "notPaired"
  | "waitingAlone"
  | "held"
  | "addressAnsweredElsewhere"
  | "servicesNotOpen"
  | "fenced";

/** One thing the core asks the outside world to do. Plain data: it can be logged, compared and replayed. */
export type Effect =
  | { readonly kind: "sendHeartbeat"; readonly heartbeat: Heartbeat }
  | {
      readonly kind: "runStep";
      readonly id: StepId;
      readonly lane: Lane;
      readonly step: PlanStep;
      readonly timeoutMs: Millis;
    }
  /** Saves with fsync, off the loop, and answers `recordSaved`. The newest wins. */
  | { readonly kind: "saveRecord"; readonly record: RoleRecord }
  /** Asks the LAN once: does anybody answer for the shared address, does its SIP service answer? Each answers with its own event, within 150 ms. */
  | { readonly kind: "probePeerService" }
  /** Asks once whether another machine answers for the shared address this node holds; answers `neighbourProbed`. */
  | { readonly kind: "probeNeighbour" }
  /** The standby fell silent: commits on this active node must not wait for its acknowledgement any more. */
  | { readonly kind: "stopWaitingForPeer" }
  /** Announces the shared addresses again: somebody else answered for them. */
  | { readonly kind: "announceSharedAddresses" }
  | {
      readonly kind: "answerCommand";
      readonly id: number;
      readonly outcome: CommandOutcome;
      /** A stable code of docs/errors.md where the outcome is not `done`. */
      readonly code: `NGCP_${string}` | undefined;
      readonly sentence: string;
    }
  | {
      readonly kind: "roleChanged";
      readonly from: Role;
      readonly to: Role;
      readonly because: string;
      readonly term: number;
    }
  | { readonly kind: "alarmRaised"; readonly alarm: AlarmName; readonly sentence: string }
  | { readonly kind: "alarmCleared"; readonly alarm: AlarmName }
  | { readonly kind: "fenceSelf"; readonly because: string }
  /** Nothing is held any more: the daemon may end. */
  | { readonly kind: "exit" };
