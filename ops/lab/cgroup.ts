import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import type { Lab, NodeName } from "./names.ts";

const ROOT = "/sys/fs/cgroup";

/**
 * The hierarchies that each node has a group of its own in. systemd-nspawn would otherwise put both nodes into one
 * group, and the systemd of one would count the other's processes as its own. The groups for processor time are left
 * out: where the kernel has real-time group scheduling, a new group has no real-time budget.
 */
const hierarchies = (): readonly string[] =>
  existsSync(path.join(ROOT, "cgroup.controllers"))
    ? [ROOT]
    : ["systemd", "unified", "freezer", "pids"]
        .map((name) => path.join(ROOT, name))
        .filter((directory) => existsSync(directory));

const groupsOf = (lab: Lab, node: NodeName): readonly string[] =>
  hierarchies().map((root) => path.join(root, "tandem-lab", lab.name, node));

/** Makes the groups of a node; a process joins them by writing its id into the files that are answered. */
export const makeGroups = (lab: Lab, node: NodeName): readonly string[] =>
  groupsOf(lab, node).map((group) => {
    mkdirSync(group, { recursive: true });
    return path.join(group, "cgroup.procs");
  });

/** Every process of a node, wherever in its groups. */
export const processesOf = (lab: Lab, node: NodeName): readonly number[] => {
  const [group] = groupsOf(lab, node);
  if (group === undefined || !existsSync(group)) return [];
  return [group, ...groupsUnder(group)].flatMap(membersOf);
};

/** A group may go while its parent is read: it has no members then. */
const membersOf = (group: string): readonly number[] => {
  try {
    return readFileSync(path.join(group, "cgroup.procs"), "utf8")
      .split("\n")
      .filter((line) => line !== "")
      .map(Number);
  } catch {
    return [];
  }
};

/** Stops or continues every process of a node at once, as a hypervisor does with a virtual machine. */
export const setFrozen = (lab: Lab, node: NodeName, frozen: boolean): void => {
  for (const group of groupsOf(lab, node)) {
    if (existsSync(path.join(group, "freezer.state")))
      writeFileSync(path.join(group, "freezer.state"), frozen ? "FROZEN" : "THAWED");
    else if (existsSync(path.join(group, "cgroup.freeze")) && !hasOldFreezer())
      writeFileSync(path.join(group, "cgroup.freeze"), frozen ? "1" : "0");
  }
};

const hasOldFreezer = (): boolean => existsSync(path.join(ROOT, "freezer"));

/** Removes the groups of a lab; they are empty when its nodes are gone. */
export const removeGroups = (lab: Lab): void => {
  for (const root of hierarchies()) {
    const group = path.join(root, "tandem-lab", lab.name);
    if (!existsSync(group)) continue;
    for (const directory of [...groupsUnder(group), group]) rmdirSync(directory);
    removeUnlessUsed(path.dirname(group));
  }
};

/** Another lab may make its groups there, or take the last away, at the same moment. */
const removeUnlessUsed = (directory: string): void => {
  try {
    if (childrenOf(directory).length === 0) rmdirSync(directory);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && IN_USE_OR_GONE.includes(error.code)))
      throw error;
  }
};

const IN_USE_OR_GONE: readonly unknown[] = ["EBUSY", "ENOTEMPTY", "ENOENT"];

/** The innermost first, so that they can be removed in this order. */
const groupsUnder = (directory: string): readonly string[] =>
  childrenOf(directory).flatMap((group) => [...groupsUnder(group), group]);

const childrenOf = (directory: string): readonly string[] => {
  try {
    return readdirSync(directory, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => path.join(directory, entry.name));
  } catch {
    return [];
  }
};
