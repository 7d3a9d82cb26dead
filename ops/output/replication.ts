import type { Status, StoreReport } from "../../ha/control/contract.ts";
import { describeDuration, describeInstant } from "./duration.ts";

const STORE_NAMES: Readonly<Record<StoreReport["store"], string>> = {
  mysql: "MariaDB",
  redis: "Redis",
};
const TITLE_WIDTH = 16;

const field = (title: string, value: string): string => `  ${title.padEnd(TITLE_WIDTH)}${value}`;

/** `0 s and 0 bytes behind`; empty where nobody knows. */
export const describeLag = ({ lagSeconds, lagBytes }: StoreReport): string => {
  const parts = [
    ...(lagSeconds === null ? [] : [`${lagSeconds} s`]),
    ...(lagBytes === null ? [] : [`${lagBytes} bytes`]),
  ];
  return parts.length === 0 ? "" : `${parts.join(" and ")} behind`;
};

const told = (at: string, sentence: string): string =>
  `${describeInstant(Date.parse(at))} ${sentence}`;

const storeLines = (report: StoreReport): readonly string[] => {
  const { store, role, peer, state, forMs, detail, remedy, lastIncident, lastCheck } = report;
  const lag = describeLag(report);
  return [
    `${STORE_NAMES[store]}: ${role}, ${state} for ${describeDuration(forMs)}`,
    field("peer", peer),
    ...(lag === "" ? [] : [field("lag", lag)]),
    field("now", detail),
    ...(remedy === null ? [] : [field("what to do", remedy)]),
    field(
      "last incident",
      lastIncident === null ? "none" : told(lastIncident.at, lastIncident.sentence),
    ),
    field(
      "last check",
      lastCheck === null ? "none on this node" : told(lastCheck.at, lastCheck.sentence),
    ),
  ];
};

/** A block for each store, and what was set aside. */
export const replicationLines = ({ stores, quarantine }: Status): readonly string[] => [
  ...stores.flatMap((store, index) => [...(index === 0 ? [] : [""]), ...storeLines(store)]),
  ...(quarantine.length === 0
    ? []
    : ["", "Rows that only this node had:", ...quarantine.map((folder) => `  ${folder}`)]),
];
