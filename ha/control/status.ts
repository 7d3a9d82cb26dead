import type { LinkName } from "../core/heartbeat.ts";
import { LINKS } from "../core/heartbeat.ts";
import { heardAt } from "../core/peer.ts";
import type { HaSettings } from "../core/settings.ts";
import type { HaState } from "../core/state.ts";
import type { Instant } from "../core/time.ts";
import { elapsed } from "../core/time.ts";
import type { ServicesWord } from "../effects/role-file.ts";
import type { KeptRole } from "../journal/chronicle.ts";
import type { ComponentView } from "../probes/components.ts";
import type {
  ComponentState,
  ComponentStatus,
  LinkStatus,
  PeerReportStatus,
  PeerStatus,
  Status,
} from "./contract.ts";

/** What the daemon knows beside the core. */
export interface StatusFacts extends Pick<
  Status,
  | "version"
  | "stores"
  | "quarantine"
  | "alarms"
  | "lastRoleChange"
  | "components"
  | "loopDelayMs"
  | "realTime"
  | "droppedLogLines"
> {
  readonly devices: Readonly<Record<LinkName, string>>;
  readonly now: Instant;
  readonly peerReport: PeerReportStatus | null;
  /** The role that the daemon before this one began, and which goes on. */
  readonly keptRole: KeptRole | null;
}

const agoOrNull = (since: Instant | undefined, now: Instant): number | null =>
  since === undefined ? null : Math.round(elapsed(since, now));

const NOT_HEARD = {
  role: null,
  term: null,
  eligible: null,
  inSync: null,
  pingNodesReached: null,
  version: null,
  configuration: null,
} as const;

const peerStatus = (
  state: HaState,
  settings: HaSettings,
  { now, peerReport: report }: Pick<StatusFacts, "now" | "peerReport">,
): PeerStatus => {
  const since = heardAt(state);
  const said = state.peer.heartbeat;
  const heard = {
    node: settings.peer,
    heard: since !== undefined && elapsed(since, now) < settings.deadMs,
    heardMsAgo: agoOrNull(since, now),
    report,
  };
  if (said === undefined) return { ...heard, ...NOT_HEARD };
  const { role, term, eligible, inSync, pingNodesReached, version } = said;
  const configuration = said.configuration ?? null;
  return { ...heard, role, term, eligible, inSync, pingNodesReached, version, configuration };
};

const linkStatus = (
  name: LinkName,
  state: HaState,
  facts: Pick<StatusFacts, "devices" | "now">,
): LinkStatus => ({
  name,
  device: facts.devices[name],
  carrier: state.carrier[name].up,
  heardMsAgo: agoOrNull(state.peer.heardAt[name], facts.now),
});

/** The answer to GET /v1/status, made from a state that does not change any more. */
export const statusOf = (state: HaState, settings: HaSettings, facts: StatusFacts): Status => {
  const { devices, now, peerReport, keptRole, ...told } = facts;
  return {
    ...told,
    node: settings.node,
    role: state.role,
    because: keptRole?.because ?? state.because,
    roleForMs: Math.round(keptRole?.forMs ?? elapsed(state.roleSince, now)),
    term: state.term,
    held: state.held,
    configuration: state.configuration.id ?? null,
    drifted: state.configuration.drifted,
    holdsAddresses: state.address === "held",
    sharedAddresses: settings.sharedAddresses.map(({ cidr }) => cidr),
    links: LINKS.map((name) => linkStatus(name, state, { devices, now })),
    pingNodes: { reached: state.pings.reached, total: state.pings.total },
    peer: peerStatus(state, settings, { now, peerReport }),
  };
};

const stateOf = (view: ComponentView, services: ServicesWord): ComponentState => {
  if (view.unmonitored) return "notMonitored";
  if (view.component.runsOn === "active" && services !== "open") return "standby";
  if (view.answered) return "running";
  switch (view.unitState) {
    case "failed":
      return "failed";
    case "inactive":
    case "deactivating":
    case undefined:
      return "stopped";
    case "active":
    case "activating":
      return "starting";
  }
};

const detailOf = (view: ComponentView, services: ServicesWord): string => {
  if (view.unmonitored) return "stopped by an operator";
  if (view.component.runsOn === "active" && services !== "open")
    return services === "prepared" && view.component.preparable
      ? "runs, and is prepared to take over"
      : "runs on the active node";
  return view.answered ? view.without : view.problem;
};

export const componentStatus = (view: ComponentView, services: ServicesWord): ComponentStatus => ({
  name: view.component.name,
  unit: view.component.unit,
  state: stateOf(view, services),
  detail: detailOf(view, services),
});
