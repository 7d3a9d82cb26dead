import type { LinkName, ReceivedHeartbeat } from "./heartbeat.ts";
import type { DataFact } from "./state.ts";
import type { Instant, Millis } from "./time.ts";

/** Plan number and step number, e.g. `7:0`. A result that carries an older plan number is dropped. */
export type StepId = `${number}:${number}`;

export type Command =
  | { readonly kind: "makeActive"; readonly force: boolean }
  | { readonly kind: "makeStandby"; readonly force: boolean; readonly hold: boolean }
  /** Ends a hold that `ngcp-make-standby --hold` began. */
  | { readonly kind: "releaseHold" };

/**
 * Everything that can happen to a node. `at` is the only clock the core has.
 * Silence is not an event: ticks tell of it.
 */
export type HaEvent = { readonly at: Instant } & (
  | { readonly kind: "tick" }
  | {
      readonly kind: "heartbeatReceived";
      readonly link: LinkName;
      readonly heartbeat: ReceivedHeartbeat;
      /**
       * How long ago this node sent the oldest heartbeat that the peer had not heard when it sent
       * this one; 0 when it had heard all (rule 17: the echo shows one-way links).
       */
      readonly unheardMs: Millis;
    }
  /** A datagram arrived on a link that is no heartbeat of the peer this node can trust or read. */
  | {
      readonly kind: "datagramRefused";
      readonly link: LinkName;
      readonly reason: "unverified" | "newerVersion" | "strangeNode";
    }
  | { readonly kind: "carrierChanged"; readonly link: LinkName; readonly up: boolean }
  /** What this kernel holds, told when somebody other than a step changed it: all of the shared addresses, or not. */
  | { readonly kind: "addressesSeen"; readonly held: boolean }
  | { readonly kind: "pingNodesProbed"; readonly reached: number; readonly total: number }
  /** Whether another machine answers for a shared address (ARP, neighbour discovery). */
  | { readonly kind: "neighbourProbed"; readonly answered: boolean }
  /** Whether SIP through the shared address was answered by another machine. */
  | { readonly kind: "serviceProbed"; readonly answered: boolean }
  /** `reasons` says what is unhealthy, in the operator's words; empty when the node is fit. */
  | { readonly kind: "fitnessReported"; readonly reasons: readonly string[] }
  | {
      readonly kind: "replicationReported";
      readonly inSync: boolean;
      readonly detail: string;
      /** Absent in recordings of earlier versions. */
      readonly data?: DataFact;
    }
  /** What ngcpcfg put into force here, and which of its files are something else by now. */
  | {
      readonly kind: "configurationReported";
      readonly id: string | undefined;
      readonly drifted: readonly string[];
    }
  | { readonly kind: "commandReceived"; readonly id: number; readonly command: Command }
  | { readonly kind: "recordSaved"; readonly term: number }
  | { readonly kind: "stepSucceeded"; readonly id: StepId }
  | { readonly kind: "stepFailed"; readonly id: StepId; readonly reason: string }
  /** SIGTERM: hand over, then exit (role-machine rule 9). */
  | { readonly kind: "shutdownRequested" }
  /** The event queue was full and events were lost. */
  | { readonly kind: "queueOverrun" }
);
