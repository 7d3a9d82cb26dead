import type { Status, StoreReport } from "../../ha/control/contract.ts";
import { describeDuration, describeInstant } from "./duration.ts";
import { followerLines, freshReport } from "./replication.ts";

/**
 * What an operator reads at the login: one line of who this node is, how the stores of the pair follow each other, and
 * a line for each thing that needs a hand.
 */
export const bannerLines = (status: Status, nowMs: number): readonly string[] => [
  `${status.node} is ${status.role} since ${describeInstant(nowMs - status.roleForMs)} (${describeDuration(status.roleForMs)}); ${describePeer(status)}.`,
  ...followerLines(status).map((line) => `  ${line}`),
  ...needsAHand(status).map((line) => `  ! ${line}`),
];

const describePeer = ({ peer }: Status): string =>
  peer.heard ? `${peer.node} is ${peer.role ?? "not understood"}` : `${peer.node} is silent`;

/** Every alarm, oldest first, and every component that should run and does not. */
export const needsAHand = (status: Status): readonly string[] => [
  ...[...status.alarms]
    .sort((one, other) => other.sinceMsAgo - one.sinceMsAgo)
    .map(({ sentence, sinceMsAgo }) => `${sentence} (for ${describeDuration(sinceMsAgo)})`),
  ...remediesOf({ stores: status.stores, quarantine: status.quarantine.length }),
  ...peerNeeds(status),
  ...status.components
    .filter(({ state }) => state === "failed" || state === "notMonitored")
    .map(({ name, state, detail }) =>
      state === "failed"
        ? `${name} has failed${detail === "" ? "" : `: ${detail}`}`
        : `${name} was stopped by an operator and is not watched: monit start ${name}`,
    ),
];

/** What the peer needs a hand with, and this node does not. */
const peerNeeds = (status: Status): readonly string[] => {
  const { alarms, peer } = status;
  const report = freshReport(status);
  if (report === undefined) return [];
  const isOwn = (alarm: string): boolean => alarms.some(({ name }) => name === alarm);
  return [
    ...report.alarms
      .filter(({ name }) => !isOwn(name))
      .map(({ sentence, sinceMsAgo }) => `${sentence} (for ${describeDuration(sinceMsAgo)})`),
    ...remediesOf({ stores: report.stores, quarantine: report.quarantine }),
  ].map((line) => `${peer.node}: ${line}`);
};

const remediesOf = ({
  stores,
  quarantine,
}: {
  readonly stores: readonly StoreReport[];
  /** Folders. */
  readonly quarantine: number;
}): readonly string[] => [
  ...stores.flatMap(({ store, remedy }) => (remedy === null ? [] : [`${store}: ${remedy}`])),
  ...stores.flatMap(({ store, lastCheck }) =>
    lastCheck === null || lastCheck.differences === 0
      ? []
      : [`${store}: ${lastCheck.sentence}; on the standby: ngcp-replication repair`],
  ),
  ...(quarantine === 0
    ? []
    : [
        `${quarantine === 1 ? "a folder" : `${quarantine} folders`} with rows that only this node had: ngcp-replication quarantine list`,
      ]),
];
