import type { Incident, PeerReportStatus, Status, StoreReport } from "../../ha/control/contract.ts";
import { describeDuration, describeInstant } from "./duration.ts";

const STORE_NAMES: Readonly<Record<StoreReport["store"], string>> = {
  mysql: "MariaDB",
  redis: "Redis",
};
const TITLE_WIDTH = 16;
/** The peer tells every second; what is older than this is what it was, and not what it is. */
const FRESH_MS = 5_000;

const field = (title: string, value: string): string => `  ${title.padEnd(TITLE_WIDTH)}${value}`;

/** `0 s and 0 bytes behind`; empty where nobody knows. */
export const describeLag = ({ lagSeconds, lagBytes }: StoreReport): string => {
  const parts = [
    ...(lagSeconds === null ? [] : [`${lagSeconds} s`]),
    ...(lagBytes === null ? [] : [`${lagBytes} bytes`]),
  ];
  return parts.length === 0 ? "" : `${parts.join(" and ")} behind`;
};

export const describeIncident = ({ at, sentence }: Incident): string =>
  `${describeInstant(Date.parse(at))} ${sentence}`;

const toldOr = (incident: Incident | null, nothing: string): string =>
  incident === null ? nothing : describeIncident(incident);

/** A store of one of the nodes. */
interface Standing {
  readonly node: string;
  readonly report: StoreReport;
  /** How old what is said of the peer's is; null for this node's own. */
  readonly toldMsAgo: number | null;
}

/** The stores of this node, then what its peer said of its own. */
export const standings = ({ node, stores, peer }: Status): readonly Standing[] => [
  ...stores.map((report) => ({ node, report, toldMsAgo: null })),
  ...(peer.report?.stores ?? []).map((report) => ({
    node: peer.node,
    report,
    toldMsAgo: peer.report?.toldMsAgo ?? 0,
  })),
];

/** ` (4 s ago)` of what may no longer be so. */
export const describeAge = ({ toldMsAgo }: Standing): string =>
  toldMsAgo === null || toldMsAgo < FRESH_MS ? "" : ` (${describeDuration(toldMsAgo)} ago)`;

/** What the peer says now; undefined where it has been silent for a while. */
export const freshReport = ({ peer }: Status): PeerReportStatus | undefined =>
  peer.report !== null && peer.report.toldMsAgo < FRESH_MS ? peer.report : undefined;

const storeLines = (standing: Standing): readonly string[] => {
  const { node, report } = standing;
  const { store, role, peer, state, forMs, detail, remedy, lastIncident, lastCheck } = report;
  const lag = describeLag(report);
  return [
    `${STORE_NAMES[store]} of ${node}: ${role}, ${state} for ${describeDuration(forMs)}${describeAge(standing)}`,
    field("peer", peer),
    ...(lag === "" ? [] : [field("lag", lag)]),
    field("now", detail),
    ...(remedy === null ? [] : [field("what to do", remedy)]),
    field("last incident", toldOr(lastIncident, "none")),
    field("last check", toldOr(lastCheck, `none on ${node}`)),
  ];
};

const unheardLines = ({ peer }: Status): readonly string[] =>
  peer.report === null ? ["", `${peer.node} has not said how its stores are.`] : [];

const quarantineLines = (status: Status): readonly string[] => {
  const { node, quarantine, peer } = status;
  const theirs = peer.report?.quarantine ?? 0;
  return [
    ...(quarantine.length === 0
      ? []
      : ["", `Rows that only ${node} had:`, ...quarantine.map((folder) => `  ${folder}`)]),
    ...(theirs === 0
      ? []
      : [
          "",
          `Rows that only ${peer.node} had: ${theirs === 1 ? "a folder" : `${theirs} folders`} of its quarantine`,
        ]),
  ];
};

/** A block for each store of either node, and what was set aside. */
export const replicationLines = (status: Status): readonly string[] => [
  ...standings(status).flatMap((standing, index) => [
    ...(index === 0 ? [] : [""]),
    ...storeLines(standing),
  ]),
  ...unheardLines(status),
  ...quarantineLines(status),
];

/** Of each store the one that follows, wherever it is; else what this node has. */
const followers = (status: Status): readonly Standing[] => {
  const all = standings(status);
  return status.stores.flatMap(({ store }) => {
    const both = all.filter(({ report }) => report.store === store);
    return both.find(({ report }) => report.role === "replica") ?? both.slice(0, 1);
  });
};

/** For the banner, two lines for each store: how it follows, and what was last the matter with it. */
export const followerLines = (status: Status): readonly string[] =>
  followers(status).flatMap((standing) => {
    const { node, report } = standing;
    const { store, role, peer, state, forMs, detail, lastCheck, lastIncident } = report;
    const lag = describeLag(report);
    const word = role === "replica" ? `replica of ${peer}` : role;
    const length = `${state} for ${describeDuration(forMs)}${describeAge(standing)}`;
    return [
      `${STORE_NAMES[store]} of ${node}: ${[word, length, ...(lag === "" ? [] : [lag])].join(", ")}: ${detail}`,
      `  last check: ${toldOr(lastCheck, "none")}; last incident: ${toldOr(lastIncident, "none")}`,
    ];
  });
