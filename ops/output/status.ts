import type { ComponentStatus, LinkStatus, PeerStatus, Status } from "../../ha/control/contract.ts";
import { needsAHand } from "./banner.ts";
import { describeDuration, describeInstant } from "./duration.ts";
import { describeAge, describeIncident, describeLag, standings } from "./replication.ts";
import { table, titled } from "./table.ts";

const TITLE_WIDTH = 14;

/** The whole status for a person, without colours. */
export const statusLines = (status: Status, nowMs: number): readonly string[] => [
  ...headLines(status, nowMs),
  "",
  ...titled("Peer", TITLE_WIDTH, [describePeer(status.peer)]),
  ...titled("Links", TITLE_WIDTH, table(status.links.map(linkRow))),
  ...titled("Ping nodes", TITLE_WIDTH, [describePingNodes(status)]),
  ...titled("Replication", TITLE_WIDTH, table(standings(status).map(storeRow))),
  ...titled("Last checks", TITLE_WIDTH, told(status, "lastCheck")),
  ...titled("Incidents", TITLE_WIDTH, told(status, "lastIncident")),
  ...titled("Components", TITLE_WIDTH, table(status.components.map(componentRow))),
  ...titled("Last change", TITLE_WIDTH, [describeLastChange(status)]),
  ...titled("Daemon", TITLE_WIDTH, [describeDaemon(status)]),
  "",
  ...handLines(status),
];

const headLines = (status: Status, nowMs: number): readonly string[] => [
  `${status.node} is ${status.role} since ${describeInstant(nowMs - status.roleForMs)} (${describeDuration(status.roleForMs)}): ${status.because}`,
  `term ${status.term}, ${status.holdsAddresses ? "holds" : "does not hold"} ${status.sharedAddresses.join(", ")}${status.held ? ", held as standby by an operator" : ""}`,
];

const ago = (ms: number | null): string =>
  ms === null ? "never heard" : `heard ${describeDuration(ms)} ago`;

const word = (value: boolean | null, yes: string, no: string): readonly string[] =>
  value === null ? [] : [value ? yes : no];

const describePeer = (peer: PeerStatus): string =>
  [
    `${peer.node} ${peer.heard ? (peer.role ?? "not understood") : "silent"}`,
    ago(peer.heardMsAgo),
    ...(peer.term === null ? [] : [`term ${peer.term}`]),
    ...word(peer.eligible, "could take over", "could not take over"),
    ...word(peer.inSync, "in sync", "not in sync"),
    ...(peer.version === null ? [] : [`version ${peer.version}`]),
    ...(peer.configuration === null ? [] : [`configuration ${peer.configuration}`]),
  ].join(", ");

const linkRow = ({ name, device, carrier, heardMsAgo }: LinkStatus): readonly string[] => [
  name,
  device,
  carrier ? "up" : "no carrier",
  ago(heardMsAgo),
];

const describePingNodes = ({ pingNodes, peer }: Status): string => {
  const own =
    pingNodes.total === 0
      ? "none configured"
      : `${pingNodes.reached} of ${pingNodes.total} reached`;
  return peer.pingNodesReached === null
    ? own
    : `${own}, ${peer.node} reaches ${peer.pingNodesReached}`;
};

type Standing = ReturnType<typeof standings>[number];

const storeRow = (standing: Standing): readonly string[] => {
  const { node, report } = standing;
  return [
    node,
    report.store,
    report.role,
    report.state,
    `for ${describeDuration(report.forMs)}${describeAge(standing)}`,
    describeLag(report),
    report.detail,
  ];
};

/** The last one of each store of either node that there was one of. */
const told = (status: Status, what: "lastCheck" | "lastIncident"): readonly string[] => {
  const rows = standings(status).flatMap(({ node, report }) => {
    const incident = report[what];
    return incident === null ? [] : [[node, report.store, describeIncident(incident)]];
  });
  return rows.length === 0 ? ["none"] : table(rows);
};

const COMPONENT_WORDS: Readonly<Record<ComponentStatus["state"], string>> = {
  running: "running",
  starting: "starting",
  stopped: "stopped",
  failed: "failed",
  notMonitored: "not monitored",
  standby: "standby",
};

const componentRow = ({ name, state, detail }: ComponentStatus): readonly string[] => [
  name,
  COMPONENT_WORDS[state],
  detail,
];

const describeLastChange = ({ lastRoleChange }: Status): string => {
  if (lastRoleChange === null) return "none is known";
  const { at, from, to, because, term } = lastRoleChange;
  return `${describeInstant(Date.parse(at))} ${from} to ${to}, term ${term}: ${because}`;
};

const describeDaemon = (status: Status): string =>
  [
    `version ${status.version}`,
    ...(status.configuration === null ? [] : [`configuration ${status.configuration}`]),
    `loop delay ${status.loopDelayMs.p50} ms, at most ${status.loopDelayMs.max} ms`,
    status.realTime ? "real-time scheduling" : "no real-time scheduling",
    ...(status.droppedLogLines === 0 ? [] : [`${status.droppedLogLines} log lines dropped`]),
  ].join(", ");

const handLines = (status: Status): readonly string[] => {
  const lines = needsAHand(status);
  return lines.length === 0
    ? ["Nothing needs a hand."]
    : ["Needs a hand:", ...lines.map((line) => `  ! ${line}`)];
};
