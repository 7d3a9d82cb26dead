import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { CLONE_REPORT, readReport } from "../clone/report.ts";
import type { CloneReport } from "../clone/report.ts";
import { CHECK_FILES, RESTORED_FILE } from "../control/contract.ts";
import { contentIn } from "../files.ts";
import type { CheckResult, Incident, StoreStatus } from "../control/contract.ts";

const INCIDENTS = "/var/lib/ngcp-ha/incidents.json";
const STATE = "/var/lib/ngcp-ha";
const QUARANTINE = "/var/lib/ngcp-ha/quarantine";

type Incidents = Readonly<Partial<Record<StoreStatus["store"], Incident | null>>>;

const contentOf = (file: string): unknown => {
  try {
    const text = contentIn(file);
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
};

const asObject = (value: unknown): object =>
  typeof value === "object" && value !== null ? value : {};

/** Incidents of daemons before this one. */
export const readIncidents = (): Incidents => asObject(contentOf(INCIDENTS));

export const writeIncidents = (incidents: Incidents): void => {
  mkdirSync(dirname(INCIDENTS), { recursive: true });
  writeFileSync(INCIDENTS, `${JSON.stringify(incidents)}\n`);
};

const isCheckResult = (value: unknown): value is CheckResult =>
  typeof value === "object" &&
  value !== null &&
  "at" in value &&
  "sentence" in value &&
  "differences" in value;

/** What the last comparison of this node's store with the active node's came to. */
export const readLastCheck = (store: StoreStatus["store"]): CheckResult | undefined => {
  const kept = contentOf(`${STATE}/${CHECK_FILES[store]}`);
  return isCheckResult(kept) ? kept : undefined;
};

/** Folders with what only this node had and has not been brought back, newest last. */
export const readQuarantine = (): readonly string[] => {
  if (!existsSync(QUARANTINE)) return [];
  try {
    return readdirSync(QUARANTINE)
      .filter((name) => !name.startsWith("."))
      .sort()
      .map((name) => `${QUARANTINE}/${name}`)
      .filter((folder) => !existsSync(`${folder}/${RESTORED_FILE}`));
  } catch {
    return [];
  }
};

const MS_PER_SECOND = 1_000;

const describeCopy = ({ phase, startedAt, at, bytes, because, saved }: CloneReport): string => {
  const kept = saved === null ? "" : `; what only this node had is in ${saved}`;
  const seconds = ((at - startedAt) / MS_PER_SECOND).toFixed(1);
  switch (phase) {
    case "done":
      return `it was copied from the peer: ${bytes} bytes in ${seconds} s${kept}`;
    case "failed":
      return `${because ?? "a copy of the peer's failed"}${kept}`;
    default:
      return `a copy of the peer's was begun${kept}`;
  }
};

/** The last copy of the peer's database, whatever came of it. */
export const readLastCopy = (): Incident | undefined => {
  const report = readReport(CLONE_REPORT);
  return report === undefined
    ? undefined
    : { at: new Date(report.at).toISOString(), sentence: describeCopy(report) };
};
