import { spawn } from "node:child_process";
import { closeSync, existsSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { makeGroups, processesOf, setFrozen } from "./cgroup.ts";
import { attachDisk, detachDisk, setDiskHung } from "./disk.ts";
import type { Layers } from "./disk.ts";
import { namespacePath, NODES, otherNode } from "./names.ts";
import type { Lab, NodeName } from "./names.ts";
import { nowMs } from "./phone/clock.ts";
import { plugIn, setPorts, unplug } from "./network.ts";
import type { Port } from "./network.ts";
import { runAny } from "./run.ts";
import type { Outcome, RunOptions } from "./run.ts";

/** A node that does not do within the time what a machine does in a second or two. */
export class NodeError extends Error {
  override readonly name = "NodeError";
}

const BOOT_MAX_MS = 60_000;
const SHUTDOWN_MAX_MS = 90_000;
const POLL_MS = 20;

/** The process id of a running node's systemd, as this machine sees it. */
export const leaderOf = (lab: Lab, node: NodeName): number | undefined => {
  const file = path.join(lab.directory, `${node}.leader`);
  if (!existsSync(file)) return undefined;
  const pid = Number(readFileSync(file, "utf8"));
  return processesOf(lab, node).includes(pid) ? pid : undefined;
};

/**
 * Powers a machine on: a new network namespace, the disk as it was left, systemd as PID 1. Answers when PID 1 runs.
 *
 * @param onPlugged is called between the cabling and the start, for those who watch the new namespace
 */
export const powerOn = async (
  lab: Lab,
  node: NodeName,
  layers: Layers,
  onPlugged: (node: NodeName) => Promise<void> = () => Promise.resolve(),
): Promise<void> => {
  if (leaderOf(lab, node) !== undefined) return;
  await powerOff(lab, node);
  const { root } = await attachDisk(lab, node, layers);
  await plugIn(lab, node);
  await onPlugged(node);
  await setPorts(lab, [{ node, link: "lan" }], "up");
  await connectCrosslink(lab);
  const log = openSync(path.join(lab.directory, `${node}.console`), "a");
  const child = spawn(
    "sh",
    ["-euc", START, "start", ...makeGroups(lab, node), "--", ...nspawn(lab, node, root)],
    {
      detached: true,
      stdio: ["ignore", log, log],
      env: { PATH: process.env["PATH"], SYSTEMD_NSPAWN_API_VFS_WRITABLE: "network" },
    },
  );
  closeSync(log);
  child.unref();
  const leader = await waitForLeader(lab, node, child.pid ?? 0);
  writeFileSync(path.join(lab.directory, `${node}.leader`), String(leader));
};

/** Joins the control groups before `--`, then becomes the command after it. */
const START = `while [ "$1" != -- ]; do echo $$ >"$1"; shift; done; shift; exec "$@"`;

const nspawn = (lab: Lab, node: NodeName, root: string): readonly string[] => [
  "systemd-nspawn",
  ...["--quiet", "--register=no", "--keep-unit", "--boot", "--kill-signal=SIGRTMIN+3"],
  ...["--machine", `${lab.name}-${node}`, "--directory", root],
  "--console=read-only",
  `--network-namespace-path=${namespacePath(lab, node)}`,
  "--capability=CAP_NET_ADMIN,CAP_SYS_NICE,CAP_NET_RAW,CAP_IPC_LOCK",
];

/** The crosslink is one cable: it has carrier when both machines have power. */
const connectCrosslink = async (lab: Lab): Promise<void> => {
  const plugged = NODES.filter((node) => existsSync(namespacePath(lab, node)));
  if (plugged.length < 2) return;
  await setPorts(
    lab,
    plugged.map((node) => ({ node, link: "crosslink" })),
    "up",
  );
};

const waitForLeader = async (lab: Lab, node: NodeName, nspawnPid: number): Promise<number> => {
  const deadline = performance.now() + BOOT_MAX_MS;
  while (performance.now() < deadline) {
    const leader = processesOf(lab, node).find((pid) => isPidOneOfItsOwn(pid));
    if (leader !== undefined) return leader;
    if (!existsSync(`/proc/${nspawnPid}`)) break;
    await pause(POLL_MS);
  }
  throw new NodeError(`${node} did not start: see ${lab.directory}/${node}.console`);
};

/** systemd-nspawn's children have their own PID namespace; the one with id 1 there is the node's systemd. */
const isPidOneOfItsOwn = (pid: number): boolean => {
  try {
    const ids = /^NSpid:\t(.*)$/m
      .exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]
      ?.split("\t");
    const executable = readFileSync(`/proc/${pid}/comm`, "utf8").trim();
    return ids?.length === 2 && ids[1] === "1" && executable === "systemd";
  } catch {
    return false;
  }
};

/** Waits until systemd in the node has nothing more to start. Answers its word for it, e.g. running or degraded. */
export const booted = async (lab: Lab, node: NodeName): Promise<string> => {
  const deadline = performance.now() + BOOT_MAX_MS;
  while (performance.now() < deadline) {
    const leader = leaderOf(lab, node);
    if (leader === undefined) break;
    if (existsSync(`/proc/${leader}/root/run/systemd/private`)) {
      const timeoutMs = Math.max(1, Math.round(deadline - performance.now()));
      const said = await enter(lab, node, ["systemctl", "is-system-running", "--wait"], {
        timeoutMs,
      });
      if (said.stdout.trim() !== "") return said.stdout.trim();
    }
    await pause(POLL_MS);
  }
  throw new NodeError(`${node} did not finish its boot: see ${lab.directory}/${node}.console`);
};

/** The words that run a command inside a node, as root, with a login's environment and nothing of this process's. */
export const enterCommand = (
  lab: Lab,
  node: NodeName,
  command: readonly string[],
): readonly string[] => {
  const leader = leaderOf(lab, node);
  if (leader === undefined) throw new NodeError(`${node} is not running`);
  return [
    ...["nsenter", "--target", String(leader), "--all", "--"],
    ...["env", "-i", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],
    ...["HOME=/root", "USER=root", "LC_ALL=C.UTF-8", `TERM=${process.env["TERM"] ?? "dumb"}`],
    ...command,
  ];
};

/** Runs a command in a node to its end, whatever its status. */
export const enter = (
  lab: Lab,
  node: NodeName,
  command: readonly string[],
  options: RunOptions = {},
): Promise<Outcome> => runAny(enterCommand(lab, node, command), options);

/**
 * The power cut: first every link of the machine goes, at both ends and in one batch, so that no last datagram leaves;
 * then all processes; then the kernel's own memory of its addresses, which is the network namespace.
 *
 * @param onDark is called when the links are gone and before the processes are, with the time of it
 * @returns the time at which the links were gone
 */
export const cutPower = async (
  lab: Lab,
  node: NodeName,
  onDark: (at: number) => Promise<void> = () => Promise.resolve(),
): Promise<number> => {
  const ends: readonly Port[] = [
    { node, link: "crosslink" },
    { node, link: "lan" },
    { node: otherNode(node), link: "crosslink" },
  ];
  await setPorts(lab, ends, "down");
  const at = nowMs();
  const leader = leaderOf(lab, node);
  if (leader !== undefined) killNow(leader);
  await onDark(at);
  await powerOff(lab, node);
  return at;
};

/** Everything of a machine that is not its disk goes. Harmless when there is nothing. */
export const powerOff = async (lab: Lab, node: NodeName): Promise<void> => {
  setFrozen(lab, node, false);
  await setDiskHung(lab, node, false);
  const leader = leaderOf(lab, node);
  // Without a leader there may still be the rest of a start that was interrupted.
  for (const pid of leader === undefined ? processesOf(lab, node) : [leader]) killNow(pid);
  await waitUntilGone(lab, node, SHUTDOWN_MAX_MS);
  await unplug(lab, node);
  await detachDisk(lab, node);
  rmSync(path.join(lab.directory, `${node}.leader`), { force: true });
};

const killNow = (pid: number): void => {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
};

const waitUntilGone = async (lab: Lab, node: NodeName, maxMs: number): Promise<void> => {
  const deadline = performance.now() + maxMs;
  while (processesOf(lab, node).length > 0) {
    if (performance.now() > deadline)
      throw new NodeError(`${node} did not stop within ${maxMs} ms`);
    await pause(POLL_MS);
  }
};

/**
 * An orderly shutdown, as `systemctl poweroff` does it.
 *
 * @param onStopped is called when nothing of the machine runs any more and its cables are still plugged
 */
export const shutDown = async (
  lab: Lab,
  node: NodeName,
  onStopped: () => Promise<void> = () => Promise.resolve(),
): Promise<void> => {
  if (leaderOf(lab, node) === undefined) return;
  await enter(lab, node, ["systemctl", "poweroff", "--no-block"]);
  await waitUntilGone(lab, node, SHUTDOWN_MAX_MS);
  await onStopped();
  await powerOff(lab, node);
};
