import type { PeerReport, PeerReportStatus, StoreReport } from "./control/contract.ts";
import type { Instant } from "./core/time.ts";
import { Reports } from "./crosslink/reports.ts";
import type { DaemonParts } from "./late.ts";
import { readQuarantine } from "./probes/replication-files.ts";

/** UDP, on the crosslink alone; 6945 and 6946 are ngcp-pair's, and TCP on this one is the copy's (ha/clone). */
const REPORT_PORT = 6947;
const TELL_EVERY_MS = 1_000;

/** What a node tells of itself, as JSON. Alarms grow old on the way to the reader, and say so. */
export const textOfReport = (report: PeerReport): string => JSON.stringify(report);

const isReport = (value: unknown): value is PeerReport =>
  typeof value === "object" &&
  value !== null &&
  "stores" in value &&
  Array.isArray(value.stores) &&
  "alarms" in value &&
  Array.isArray(value.alarms) &&
  "quarantine" in value &&
  typeof value.quarantine === "number";

/** @returns nothing of a text that is no report */
export const reportIn = (text: string): PeerReport | undefined => {
  try {
    const value: unknown = JSON.parse(text);
    return isReport(value) ? value : undefined;
  } catch {
    return undefined;
  }
};

/**
 * Tells the peer every second how this node's stores are, and hears the same of it: what an operator asks one node, the
 * other one knows.
 *
 * @returns what the peer said last; null before it said anything
 */
export const beginReports = (
  parts: DaemonParts,
  stores: () => readonly StoreReport[],
): ((now: Instant) => PeerReportStatus | null) => {
  const { appliance, network, journal, chronicle, now, snapshot } = parts;
  const reports = new Reports({
    link: {
      name: "crosslink",
      address: appliance.self.crosslink.address,
      peerAddress: appliance.peer.crosslink.address,
      port: REPORT_PORT,
      anySender: false,
      now,
    },
    keys: (appliance.secrets?.heartbeatKeys ?? []).map((key) => Buffer.from(key, "hex")),
    session: network.links.session,
    peerSession: () => snapshot().peer.heartbeat?.session,
  });
  reports.open();
  let isTooLong = false;
  parts.every(TELL_EVERY_MS, () => {
    const alarms = chronicle.alarms();
    const report = { stores: stores(), alarms, quarantine: readQuarantine().length };
    const wasTooLong = isTooLong;
    isTooLong = !reports.tell(textOfReport(report));
    if (isTooLong && !wasTooLong)
      journal.write("warning", "what this node has to say of its stores is too long for the peer");
  });
  return (at) => {
    const { heard } = reports;
    const report = heard === undefined ? undefined : reportIn(heard.text);
    return heard === undefined || report === undefined
      ? null
      : { ...report, toldMsAgo: Math.round(at - heard.at) };
  };
};
