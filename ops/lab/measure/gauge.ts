import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** Above the daemon's 50: a gauge that waits for a processor would measure the machine and not the pair. */
const PRIORITY = 60;

export interface Gauge {
  /** Ends the process. Harmless when it has ended. */
  readonly stop: () => Promise<void>;
  /** Stops or continues it in its tracks, together with the node it stands for. */
  readonly signal: (signal: "SIGSTOP" | "SIGCONT") => void;
}

/**
 * Starts a measuring process in a network namespace, with real-time scheduling. It dies with this process, also by SIGKILL.
 *
 * @param namespace path of the namespace, e.g. `/run/netns/tandem-phones`
 * @param onLine is given each line that the process writes to its standard output
 */
export const startGauge = (
  namespace: string,
  command: readonly string[],
  onLine: (line: string) => void,
): Gauge => {
  const child = spawn("setpriv", [...contained(namespace), ...command], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, TZ: "UTC", LC_ALL: "C" },
  });
  createInterface({ input: child.stdout }).on("line", onLine);
  return { stop: () => stop(child), signal: (name) => void child.kill(name) };
};

const contained = (namespace: string): readonly string[] => [
  ...["--pdeathsig", "KILL", "chrt", "--rr", String(PRIORITY)],
  ...["nsenter", `--net=${namespace}`],
];

const stop = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const closed = once(child, "close");
  child.kill("SIGKILL");
  await closed;
};

/** The command that runs one of the C programs beside this file, which the set-up has compiled. */
export const compiled = (name: string, ...words: readonly string[]): readonly string[] => [
  path.join(path.dirname(fileURLToPath(import.meta.url)), name),
  ...words,
];
