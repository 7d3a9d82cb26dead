import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, statfsSync } from "node:fs";
import path from "node:path";
import { CACHE } from "./paths.mjs";
import { SetupError } from "./shell.mjs";

const GIGABYTE = 1e9;

/**
 * Everything that no set-up can bring, checked before anything is touched.
 *
 * @throws {SetupError} one sentence that says what is missing
 */
export const checkNeeds = () => {
  const missing = NEEDS.find((need) => !need.holds());
  if (missing !== undefined) throw new SetupError(missing.sentence);
};

const nodeIsNewEnough = () => {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  return major > 20 || (major === 20 && minor >= 19);
};

const namespacesWork = () =>
  spawnSync("unshare", ["--net", "--mount", "--pid", "--fork", "true"]).status === 0;

const freeBytes = () => {
  let directory = CACHE;
  while (!existsSync(directory)) directory = path.dirname(directory);
  const { bavail, bsize } = statfsSync(directory);
  return bavail * bsize;
};

const hasOverlay = () =>
  readFileSync("/proc/filesystems", "utf8").includes("overlay") ||
  spawnSync("modprobe", ["overlay"]).status === 0;

/** @type {readonly {sentence: string, holds: () => boolean}[]} */
const NEEDS = [
  {
    sentence: `Node.js ${process.versions.node} is too old: version 20.19 or later is needed.`,
    holds: nodeIsNewEnough,
  },
  {
    sentence: "The lab runs as root (it makes network namespaces and boots nodes): use sudo.",
    holds: () => process.getuid?.() === 0,
  },
  {
    sentence: "This is no Debian machine: apt-get and dpkg are needed for the set-up.",
    holds: () => existsSync("/etc/debian_version") && existsSync("/usr/bin/apt-get"),
  },
  {
    sentence: "This is no amd64 machine: the package and its nodes are built for amd64.",
    holds: () => process.arch === "x64",
  },
  {
    sentence: "Network namespaces cannot be made here (unshare --net fails): the lab needs them.",
    holds: namespacesWork,
  },
  {
    sentence: "This kernel has no overlayfs: the lab needs it for the disks of its nodes.",
    holds: hasOverlay,
  },
  {
    sentence: `Less than 4 GB are free for ${CACHE}: the lab needs them for its root file system.`,
    holds: () => freeBytes() >= 4 * GIGABYTE,
  },
];
