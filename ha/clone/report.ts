import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { contentIn } from "../files.ts";

/** What the program that copies says of itself; on the disk, so that the last copy is known after a boot. */
export const CLONE_REPORT = "/var/lib/ngcp-ha/clone.json";

export type ClonePhase =
  "saving" | "receiving" | "preparing" | "starting MariaDB with it" | "done" | "failed";

export interface CloneReport {
  readonly phase: ClonePhase;
  /** Wall clock, milliseconds. */
  readonly startedAt: number;
  readonly at: number;
  readonly bytes: number;
  readonly totalBytes: number;
  /** The folder that rows of this node alone were saved in. */
  readonly saved: string | null;
  /** Why it failed. */
  readonly because: string | null;
}

/** A program that has not said anything for so long is dead: it says something twice a second. */
const SILENT_MS = 10_000;
/** MariaDB is stopped and started meanwhile, and the program does not run. */
const SILENT_STARTING_MS = 120_000;

const isReport = (value: unknown): value is CloneReport =>
  typeof value === "object" && value !== null && "phase" in value && "at" in value;

/** @returns undefined when there was no copy yet, or what is there cannot be read */
export const readReport = (file: string): CloneReport | undefined => {
  try {
    const text = contentIn(file);
    const value: unknown = text === undefined ? undefined : JSON.parse(text);
    return isReport(value) ? value : undefined;
  } catch {
    return undefined;
  }
};

export const writeReport = (file: string, report: CloneReport): void => {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.new`, `${JSON.stringify(report)}\n`);
  renameSync(`${file}.new`, file);
};

export const isUnderWay = ({ phase, at }: CloneReport, nowMs: number): boolean =>
  phase !== "done" &&
  phase !== "failed" &&
  nowMs - at < (phase === "starting MariaDB with it" ? SILENT_STARTING_MS : SILENT_MS);
