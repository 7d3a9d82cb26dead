import type { Status } from "../../ha/control/contract.ts";
import { describeDuration, describeInstant } from "./duration.ts";

/** What an operator reads at the login: one line of who this node is, and a line for each thing that needs a hand. */
export const bannerLines = (status: Status, nowMs: number): readonly string[] => [
  `${status.node} is ${status.role} since ${describeInstant(nowMs - status.roleForMs)} (${describeDuration(status.roleForMs)}); ${describePeer(status)}.`,
  ...needsAHand(status).map((line) => `  ! ${line}`),
];

const describePeer = ({ peer }: Status): string =>
  peer.heard ? `${peer.node} is ${peer.role ?? "not understood"}` : `${peer.node} is silent`;

/** Every alarm, oldest first, and every component that should run and does not. */
export const needsAHand = (status: Status): readonly string[] => [
  ...[...status.alarms]
    .sort((one, other) => other.sinceMsAgo - one.sinceMsAgo)
    .map(({ sentence, sinceMsAgo }) => `${sentence} (for ${describeDuration(sinceMsAgo)})`),
  ...remediesOf(status),
  ...status.components
    .filter(({ state }) => state === "failed" || state === "notMonitored")
    .map(({ name, state, detail }) =>
      state === "failed"
        ? `${name} has failed${detail === "" ? "" : `: ${detail}`}`
        : `${name} was stopped by an operator and is not watched: monit start ${name}`,
    ),
];

const remediesOf = ({ stores, quarantine }: Status): readonly string[] => [
  ...stores.flatMap(({ store, remedy }) => (remedy === null ? [] : [`${store}: ${remedy}`])),
  ...stores.flatMap(({ store, lastCheck }) =>
    lastCheck === null || lastCheck.differences === 0
      ? []
      : [`${store}: ${lastCheck.sentence}; on the standby: ngcp-replication repair`],
  ),
  ...(quarantine.length === 0
    ? []
    : [
        `${quarantine.length === 1 ? "a folder" : `${quarantine.length} folders`} with rows that only this node had: ngcp-replication quarantine list`,
      ]),
];
