import type { Diagnosis } from "./diagnosis.ts";
import type { Role } from "./heartbeat.ts";
import type { PlanKind } from "./plan.ts";

/** What a node does about a diagnosis: a new role, a plan, both or neither, and why, in the operator's words. */
export interface Transition {
  readonly to: Role | "same";
  readonly plan?: PlanKind;
  readonly because: string;
}

const stay = (because: string): Transition => ({ to: "same", because });
const go = (to: Role, plan: PlanKind, because: string): Transition => ({ to, plan, because });
const become = (to: Role, because: string): Transition => ({ to, because });
const begin = (plan: PlanKind, because: string): Transition => ({ to: "same", plan, because });

const takeOver = (because: string): Transition => go("promoting", "takeOver", because);
const standDown = (because: string): Transition => go("demoting", "standDown", because);
const handOver = (because: string): Transition => go("demoting", "handOver", because);

type Table = { readonly [R in Role]: Readonly<Record<Diagnosis<R>, Transition>> };

/** Role × diagnosis. A diagnosis without a cell does not compile. */
export const TRANSITIONS: Table = {
  starting: {
    notPaired: stay("this node has no secrets of the pair: run ngcp-pair"),
    listening: stay("the daemon came back with the shared address: it listens before it speaks"),
    leavingIdle: stay("the node shuts down and holds nothing"),
    leavingWithAddress: standDown("the node shuts down before it knew its role"),
    adoptedTooLate: standDown("the peer has the role, or this node may not have it"),
    adoptedDoubtful: standDown("somebody else answers for the shared address"),
    adopted: go(
      "active",
      "adopt",
      "the daemon restarted and found the address and the services in place",
    ),
    peerHeard: become("standby", "the peer is there"),
    bootIsYoung: stay("the peer may still be heard"),
    strangeNode: stay("a node that is not the configured peer speaks here"),
    onHold: become("standby", "an operator holds this node in standby"),
    peerNotUnderstood: become(
      "standby",
      "somebody speaks on the crosslink who cannot be understood",
    ),
    failedJustNow: stay("a step failed a moment ago"),
    awaitingProbes: stay("the LAN is asked who answers for the shared address"),
    servedElsewhere: stay("the shared address is served by somebody who is not heard"),
    lacksData: stay("this node's database is new and empty: the peer has the data"),
    aloneLastActive: takeOver("the peer is not there and this node was active last"),
    aloneAllowed: takeOver("the peer is not there and the operator ended the wait"),
    aloneWaitOver: takeOver(
      "the peer did not come within the wait of a node that was standby last",
    ),
    waitingAlone: stay("this node was standby last: the peer may hold newer data"),
  },
  standby: {
    leavingIdle: stay("the node shuts down and holds nothing"),
    notPaired: stay("this node has no secrets of the pair: run ngcp-pair"),
    listening: stay("the node woke up from a pause: it listens before it acts"),
    strangeNode: stay("a node that is not the configured peer speaks here"),
    lacksData: stay("this node's database is new and empty: the peer has the data"),
    granted: takeOver("the peer released the role to this node"),
    onHold: stay("an operator holds this node in standby"),
    failedJustNow: stay("a takeover failed a moment ago"),
    peerPrepares: begin("prepare", "the peer asks this node to get ready"),
    peerHasRole: stay("the peer has the role"),
    leads: takeOver("neither node is active and this node leads"),
    peerLeads: stay("neither node is active and the peer leads"),
    peerNotUnderstood: stay("somebody speaks on the crosslink who cannot be understood"),
    addressesDiffer: stay("the peer was configured with other shared addresses"),
    seesLessThanPeer: stay("the peer last reached more of the LAN than this node does"),
    servedElsewhere: stay("the peer's daemon is silent and its service answers"),
    mayBeServed: stay("somebody answers for the address, and whether SIP does is not sure yet"),
    peerSilent: takeOver("the peer fell silent on every link"),
  },
  promoting: {
    listening: stay("the node woke up from a pause: it listens before it goes on"),
    losesToPeer: standDown("the peer holds the role with a newer claim"),
    alreadyTaken: standDown("the peer has the role already"),
    isolated: standDown("neither the peer nor the LAN is reachable"),
    unheard: standDown("the peer lives, hears nothing of this node and will take over"),
    leaving: standDown("the node shuts down"),
    addressFailed: standDown("the shared address could not be taken"),
    servicesFailed: standDown("the services did not start and the peer can have the role"),
    servicesFailedAlone: become(
      "active",
      "the services did not start and there is no peer to have the role",
    ),
    tooLong: standDown("the takeover took too long and the peer can have the role"),
    tooLongAlone: become(
      "active",
      "the takeover took too long and there is no peer to have the role",
    ),
    stuck: standDown("the takeover took too long"),
    complete: become("active", "the takeover is complete"),
    underWay: stay("the takeover is under way"),
  },
  active: {
    listening: stay("the node woke up from a pause: it listens before it speaks"),
    losesToPeer: standDown("the peer holds the role with a newer claim"),
    replacedMeanwhile: standDown("somebody else answers for the shared address since the pause"),
    isolated: standDown("neither the peer nor the LAN is reachable"),
    unheard: standDown("the peer lives, hears nothing of this node and will take over"),
    lostLanAlone: go("demoting", "yieldNow", "eth0 lost its carrier and the peer's has it"),
    reachesNobody: go(
      "demoting",
      "yieldNow",
      "no ping node answers here and the peer reaches some",
    ),
    lostData: standDown(
      "its database is gone, an empty one took its place, and the peer has the data",
    ),
    leaving: handOver("the node shuts down"),
    leavingAlone: standDown("the node shuts down and there is no peer to have the role"),
    operatorWantsStandby: handOver("the operator asked for it"),
    peerWantsRole: handOver("the operator asked for it on the peer"),
    unfit: handOver("a component of this node is unhealthy and the peer is fit"),
    peerReachesMore: handOver("the peer reaches more ping nodes"),
    healthy: stay("all is well, or nobody could do better"),
  },
  demoting: {
    listening: stay("the node woke up from a pause: it listens before it goes on"),
    losesToPeer: standDown("the peer holds the role with a newer claim"),
    isolated: standDown("neither the peer nor the LAN is reachable"),
    unheard: standDown("the peer lives, hears nothing of this node and will take over"),
    lostLanAlone: begin("yieldNow", "eth0 lost its carrier: the peer takes over as it is"),
    reachesNobody: begin("yieldNow", "no ping node answers here: the peer takes over as it is"),
    peerDied: go("active", "openUp", "the peer fell silent before it got ready"),
    peerDiedLeaving: standDown("the peer fell silent and the node shuts down"),
    notReadyInTime: go("active", "openUp", "the peer did not get ready in time"),
    grantNotTaken: takeOver("nobody took the role that this node released"),
    // The plan before this one waits for the peer, and the daemon would not end before that.
    grantNotTakenLeaving: go("standby", "closeUp", "nobody took the role and the node shuts down"),
    released: become("standby", "the shared address is released"),
    underWay: stay("the shared address is being given up"),
  },
  fenced: {
    fenced: stay("this node could not give up the address in time and waits for its reboot"),
  },
};
