import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

/** USER_HZ: what /proc counts processor time in, the same on every Linux. */
const TICK_MS = 10;
const KIBIBYTES_PER_MEGABYTE = 1_000_000 / 1_024;

/** Processor time that a process has used so far, all its threads, in milliseconds. */
export const processorMs = (pid: number): number => {
  const text = readFileSync(`/proc/${pid}/stat`, "utf8");
  // Behind the name, which may hold spaces: state is the third field, utime and stime are 14 and 15.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
};

/** Resident memory of a process in megabytes. */
export const residentMegabytes = (pid: number): number => {
  const [, kibibytes] =
    /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  return Number(kibibytes) / KIBIBYTES_PER_MEGABYTE;
};

/** Lets a process, with all its threads and what it starts later, run on these cores only (`0`, `1`, `0-1`). */
export const pin = (pid: number, cores: string): void => {
  const { status, stderr } = spawnSync("taskset", ["-a", "-c", "-p", cores, String(pid)]);
  if (status !== 0) throw new Error(`taskset ${cores}: ${stderr.toString()}`);
};

/** Lets a process, and what it starts later, run before all ordinary ones: a busy machine would be measured else. */
export const hurry = (pid: number): void => {
  chrt(["--rr", "--pid", "10", String(pid)]);
};

/** An ordinary process again. */
export const calm = (pid: number): void => {
  chrt(["--other", "--pid", "0", String(pid)]);
};

const chrt = (words: readonly string[]): void => {
  const { status, stderr } = spawnSync("chrt", ["--all-tasks", ...words]);
  if (status !== 0) throw new Error(`chrt ${words.join(" ")}: ${stderr.toString()}`);
};
