import type { RunsOn } from "../../components/component.ts";

/** What is known of one component when the fitness of the node is judged. */
export interface ComponentFact {
  readonly name: string;
  readonly runsOn: RunsOn;
  /** How long it has not answered, milliseconds; 0 while it does. */
  readonly unansweredMs: number;
  /** It did not answer, was restarted for it, and still does not. */
  readonly restartedInVain: boolean;
}

export interface DiskFact {
  readonly path: string;
  /** How long the newest write has been without an end, milliseconds; 0 while none is under way for long. */
  readonly unansweredMs: number;
  /** What the last write that ended ran into; empty when it succeeded. */
  readonly problem: string;
  readonly freeBytes: number;
}

export interface HostFact {
  readonly disks: readonly DiskFact[];
  /** Memory that programs can still get. */
  readonly availableBytes: number;
}

export interface HealthFacts {
  /** True where this node has the role or is taking it: then everything counts, else the stores and the disk. */
  readonly serving: boolean;
  /** The components that are to run here and are monitored. */
  readonly components: readonly ComponentFact[];
  readonly host: HostFact;
}

/** A store or a disk without an answer for this long makes a node unfit (role-machine rule 8). */
const STORE_SILENT_MS = 3_000;
const DISK_SILENT_MS = 3_000;
/** Below it MariaDB stops writing, and the role record may not be saved. */
const DISK_FREE_MIN_BYTES = 16 * 1024 * 1024;
const MEMORY_MIN_BYTES = 16 * 1024 * 1024;

const seconds = (ms: number): string => `${Math.floor(ms / 1_000)} s`;

const componentReason = (fact: ComponentFact, serving: boolean): string | undefined => {
  if (fact.runsOn === "both")
    return fact.unansweredMs >= STORE_SILENT_MS
      ? `${fact.name} has not answered for ${seconds(STORE_SILENT_MS)}`
      : undefined;
  return serving && fact.restartedInVain
    ? `${fact.name} does not answer, also after a restart`
    : undefined;
};

const diskReason = (disk: DiskFact): string | undefined => {
  if (disk.unansweredMs >= DISK_SILENT_MS)
    return `the disk at ${disk.path} has not taken a write for ${seconds(DISK_SILENT_MS)}`;
  if (disk.problem !== "") return `the disk at ${disk.path} cannot be written: ${disk.problem}`;
  return disk.freeBytes < DISK_FREE_MIN_BYTES ? `the disk at ${disk.path} is full` : undefined;
};

const memoryReason = (facts: HealthFacts): string | undefined =>
  facts.serving && facts.host.availableBytes < MEMORY_MIN_BYTES
    ? "this node has run out of memory"
    : undefined;

const isReason = (reason: string | undefined): reason is string => reason !== undefined;

/** Why this node should not have the role, in the operator's words; empty when it is fit. The sentences do not change while the fault lasts. */
export const unfitReasons = (facts: HealthFacts): readonly string[] =>
  [
    ...facts.components.map((fact) => componentReason(fact, facts.serving)),
    ...facts.host.disks.map(diskReason),
    memoryReason(facts),
  ].filter(isReason);
