import type { NodeName } from "./settings.ts";
import type { Millis } from "./time.ts";

export const ROLES = ["starting", "standby", "promoting", "active", "demoting", "fenced"] as const;

/** What a node is in the pair. Only `active` and `promoting` claim the shared addresses. */
export type Role = (typeof ROLES)[number];

export const LINKS = ["crosslink", "lan"] as const;

/** The two paths heartbeats travel: the direct cable (eth1) and the network (eth0). */
export type LinkName = (typeof LINKS)[number];

export const HANDOVERS = ["none", "wanted", "prepare", "ready", "released"] as const;

/**
 * The word of the sender in a planned switchover (role-machine rule 3):
 * `wanted` a standby asks for the role, `prepare` the active asks its peer to get ready,
 * `ready` the standby is, `released` the addresses are free and `term` is the receiver's to claim.
 */
export type Handover = (typeof HANDOVERS)[number];

/** What the core says to the peer. The link adds session, sequence and echo, and signs it. */
export interface Heartbeat {
  readonly node: NodeName;
  readonly role: Role;
  /** The newest term the sender knows. With `handover: "released"`: the term the receiver may claim. */
  readonly term: number;
  readonly handover: Handover;
  /** With `wanted`: the operator said --force, so what the peer lacks does not matter. */
  readonly forced: boolean;
  /** Fit, not isolated, not asked to stand by: could take the role now. */
  readonly eligible: boolean;
  /** Would take the role if nobody better could: paired, not on hold, not shutting down. */
  readonly willing: boolean;
  /** The newest term in which the sender was active; 0 when it never was. Of two idle nodes the newer one leads. */
  readonly lastHeldTerm: number;
  readonly inSync: boolean;
  /** The sender knows that this pair has had an active node: a database that is new is not where the data are. */
  readonly pairServed: boolean;
  /** Carrier of the sender's LAN interface. */
  readonly lanCarrier: boolean;
  readonly pingNodesReached: number;
  /** What the sender works with: the beginning of the content id of its configuration; unknown to an older package. */
  readonly configuration: string | undefined;
  /** False while datagrams on the crosslink could not be verified or read: then the sender does not take over. */
  readonly understands: boolean;
}

/** What the link adds to a heartbeat. */
export interface Envelope {
  /** Random, new at each start of the sender. */
  readonly session: string;
  readonly sequence: number;
  /** The session and newest sequence of ours that the sender had heard; absent when it heard none. */
  readonly echoSession: string | undefined;
  readonly echoSequence: number;
  /** The sender's dead time: the larger of the two holds. */
  readonly deadMs: Millis;
  readonly sharedAddressesHash: string;
  /** The sender's package version. */
  readonly version: string;
}

/** A verified heartbeat of the peer, with what its link added to it. */
export interface ReceivedHeartbeat extends Heartbeat, Envelope {}
