import type { Millis } from "./time.ts";

export type NodeName = string;

/** One address that moves with the active role. */
export interface SharedAddress {
  /** Address and prefix length, e.g. `192.0.2.10/24` or `2001:db8::10/64`. */
  readonly cidr: string;
  readonly family: "ipv4" | "ipv6";
  /** The interface it is added to, e.g. `eth0`. */
  readonly device: string;
}

/** Everything the core must know before the first event. Lengths of time are in milliseconds. */
export interface HaSettings {
  readonly node: NodeName;
  readonly peer: NodeName;
  /** Of this package: a peer of another one is told of. */
  readonly version: string;
  /** 0 wins a tie between two equal claims, 1 loses it. The two nodes have different ranks. */
  readonly rank: 0 | 1;
  /** False until `ngcp-pair` has given this node the secrets of the pair: it is never active before. */
  readonly paired: boolean;
  readonly sharedAddresses: readonly SharedAddress[];
  /** Travels in each heartbeat: nodes that disagree about the shared addresses do not take over. */
  readonly sharedAddressesHash: string;
  readonly heartbeatMs: Millis;
  readonly tickMs: Millis;
  /** Silence on every link after which the peer counts as dead. */
  readonly deadMs: Millis;
  /** Silence after which an active node that is cut off from everybody gives the address up. */
  readonly yieldMs: Millis;
  /** The longest that removing the shared addresses may take; a node that takes longer fences itself. */
  readonly releaseMaxMs: Millis;
  /** How long before the dead time the probes of a silent peer start. */
  readonly suspectLeadMs: Millis;
  /** How long a claim is heard before it is acted on, where the peer may be claiming too. */
  readonly claimMs: Millis;
  /** Wait after a carrier loss: a switch that reboots takes the carrier of both nodes, one after the other. */
  readonly carrierSettleMs: Millis;
  /** How long a node listens after it woke up from a pause, before it sends anything. */
  readonly listenMs: Millis;
  readonly initialDeadMs: Millis;
  /** How long a node that was standby last waits at boot for a peer that may hold newer data. */
  readonly aloneWaitMs: Millis;
  /** Ping nodes and peer (or carrier) count as lost together when they fell silent within this time. */
  readonly togetherMs: Millis;
  /** Wait before a step that failed is tried again. */
  readonly retryMs: Millis;
  /** How long the standby must reach more ping nodes than the active before the role moves. */
  readonly pingAdvantageMs: Millis;
  /** How long a node that was told to stand by does not offer itself again. */
  readonly standbyHoldOffMs: Millis;
  readonly unfitExpiryMs: Millis;
  /** At most `unfitHandoversMax` hand-overs for unfitness in `unfitWindowMs`. */
  readonly unfitHandoversMax: number;
  readonly unfitWindowMs: Millis;
  /** The longest that the peer may prepare in a planned switchover. */
  readonly prepareMaxMs: Millis;
  /** The longest that a released role may stay without a holder before the old holder takes it back. */
  readonly handOverMaxMs: Millis;
  readonly openMaxMs: Millis;
  readonly closeMaxMs: Millis;
  /** A peer that is silent on every link while its service answers raises an alarm after this time. */
  readonly servedAlarmMs: Millis;
  /** Two nodes differ for a moment while a change goes from one to the other: no alarm before this time. */
  readonly differsAlarmMs: Millis;
  /** True when `ha.fence_peer_command` is configured. */
  readonly canFencePeer: boolean;
}

/**
 * The safety inequality (role-machine rule 18): an isolated active node must have released the
 * address before its peer takes it.
 *
 * @returns a sentence that says what would go wrong, or `undefined` when the timers are safe
 */
export const timersProblem = (
  timers: Pick<HaSettings, "yieldMs" | "releaseMaxMs" | "heartbeatMs" | "tickMs" | "deadMs">,
): string | undefined => {
  const released = timers.yieldMs + timers.releaseMaxMs + timers.heartbeatMs + 2 * timers.tickMs;
  return released < timers.deadMs
    ? undefined
    : `yield_ms + release_max_ms + heartbeat_ms + 2 * tick_ms is ${released} ms and must be below ` +
        `dead_ms (${timers.deadMs} ms), or two isolated nodes may both hold the shared address`;
};
