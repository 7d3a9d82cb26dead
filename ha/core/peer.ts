import type { LinkName, ReceivedHeartbeat } from "./heartbeat.ts";
import type { HaSettings } from "./settings.ts";
import type { HaState } from "./state.ts";
import { within } from "./state.ts";
import type { Instant, Millis } from "./time.ts";
import { elapsed, millis } from "./time.ts";

/** The newest time the peer was heard on any link. */
export const heardAt = (state: HaState): Instant | undefined => {
  const { crosslink, lan } = state.peer.heardAt;
  if (crosslink === undefined) return lan;
  return lan === undefined || lan < crosslink ? crosslink : lan;
};

export const heardOn = (state: HaState, link: LinkName, settings: HaSettings): boolean =>
  within(state, state.peer.heardAt[link], deadTime(state, settings));

/** The larger dead time of the two nodes holds (role-machine rule 17). */
export const deadTime = (state: HaState, settings: HaSettings): Millis =>
  millis(Math.max(settings.deadMs, state.peer.heartbeat?.deadMs ?? 0));

/** Silent on one link for the dead time: since it was heard there, or since the birth of this node. */
export const isDeadOn = (state: HaState, link: LinkName, settings: HaSettings): boolean =>
  elapsed(state.peer.heardAt[link] ?? state.bornAt, state.now) >= deadTime(state, settings);

/** How long the peer has been silent on every link; since the birth of this node when it was never heard. */
export const silence = (state: HaState): Millis =>
  elapsed(heardAt(state) ?? state.bornAt, state.now);

/** The newest heartbeat of a peer that is alive, or nothing. */
export const alivePeer = (state: HaState, settings: HaSettings): ReceivedHeartbeat | undefined =>
  heardAt(state) !== undefined && silence(state) < deadTime(state, settings)
    ? state.peer.heartbeat
    : undefined;

export const peerIsSilent = (state: HaState, settings: HaSettings): boolean =>
  silence(state) >= deadTime(state, settings);

export const peerIsSuspect = (state: HaState, settings: HaSettings): boolean =>
  silence(state) >= deadTime(state, settings) - settings.suspectLeadMs;

/** Somebody speaks on the crosslink whom this node cannot verify or read: alive, not understood (rule 16). */
export const peerIsNotUnderstood = (state: HaState, settings: HaSettings): boolean =>
  within(state, state.peer.refusedAt, deadTime(state, settings));

export const claimsRole = (heartbeat: ReceivedHeartbeat): boolean =>
  heartbeat.role === "active" || heartbeat.role === "promoting";

/** Active, about to be or about to stop: while it is heard, nobody else moves. */
export const hasRole = (heartbeat: ReceivedHeartbeat): boolean =>
  claimsRole(heartbeat) || heartbeat.role === "demoting";

/** A live peer that claims the role. */
export const claimant = (state: HaState, settings: HaSettings): ReceivedHeartbeat | undefined => {
  const heartbeat = alivePeer(state, settings);
  return heartbeat !== undefined && claimsRole(heartbeat) ? heartbeat : undefined;
};

/** The newer term wins; between equal terms the lower rank. */
export const peerClaimWins = (
  state: HaState,
  settings: HaSettings,
  heartbeat: ReceivedHeartbeat,
): boolean =>
  heartbeat.term > state.claimTerm || (heartbeat.term === state.claimTerm && settings.rank === 1);

/** What the peer works with is known, and is not what this node works with. */
export const configurationDiffers = ({ peer, configuration }: HaState): boolean =>
  configuration.id !== undefined &&
  peer.heartbeat?.configuration !== undefined &&
  peer.heartbeat.configuration !== configuration.id;

/** The version of a peer that has another package. */
export const otherVersion = (state: HaState, settings: HaSettings): string | undefined => {
  const version = state.peer.heartbeat?.version;
  return version === settings.version ? undefined : version;
};

/** Different shared addresses on the two nodes: no takeover (rule 17). */
export const addressesDiffer = (state: HaState, settings: HaSettings): boolean =>
  state.peer.heartbeat !== undefined &&
  state.peer.heartbeat.sharedAddressesHash !== settings.sharedAddressesHash;
