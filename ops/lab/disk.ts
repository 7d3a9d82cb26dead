import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import path from "node:path";
import { ADDRESSES, NODES } from "./names.ts";
import type { Lab, NodeName } from "./names.ts";
import { run, runAny } from "./run.ts";

/** The read-only layers below every node's disk, the uppermost first, joined by colons. */
export type Layers = string;

/** What a node wrote itself, on a file system of its own above the common layers. It survives power cuts. */
export interface Disk {
  /** Where the node's whole tree is mounted. */
  readonly root: string;
  /** Where the file system of what it wrote is mounted: it can be filled, and frozen like a disk that hangs. */
  readonly device: string;
}

const SIZE = "4G";

const directoryOf = (lab: Lab, node: NodeName): string => path.join(lab.directory, node);

export const diskOf = (lab: Lab, node: NodeName): Disk => ({
  root: path.join(directoryOf(lab, node), "root"),
  device: path.join(directoryOf(lab, node), "device"),
});

const noteOf = (lab: Lab, node: NodeName): string => path.join(directoryOf(lab, node), "layers");

/** What the disk of a node was made on; undefined where there is none. */
export const layersBelow = (lab: Lab, node: NodeName): Layers | undefined =>
  existsSync(noteOf(lab, node)) ? readFileSync(noteOf(lab, node), "utf8") : undefined;

/** Mounts the disk of a node, and makes it new when there is none or it stands on other layers. */
export const attachDisk = async (lab: Lab, node: NodeName, layers: Layers): Promise<Disk> => {
  const directory = directoryOf(lab, node);
  const { root, device } = diskOf(lab, node);
  const isNew = layersBelow(lab, node) !== layers;
  if (isNew) await makeDisk(lab, node);
  // No power cut of the lab takes the memory of the machine below, so its disks need no barriers: like disks with a
  // protected cache.
  if (!isMounted(device))
    await run(["mount", "-o", "loop,barrier=0", path.join(directory, "image"), device]);
  const [written, work] = [path.join(device, "written"), path.join(device, "work")];
  for (const name of [written, work]) mkdirSync(name, { recursive: true });
  if (isNew) {
    writeMachine(written, node);
    writeFileSync(noteOf(lab, node), layers);
  }
  if (!isMounted(root)) {
    const options = `lowerdir=${layers},upperdir=${written},workdir=${work}`;
    await run(["mount", "-t", "overlay", `${lab.name}-${node}`, root, "-o", options]);
  }
  return { root, device };
};

const makeDisk = async (lab: Lab, node: NodeName): Promise<void> => {
  await removeDisk(lab, node);
  const { root, device } = diskOf(lab, node);
  for (const name of [root, device]) mkdirSync(name, { recursive: true });
  const image = path.join(directoryOf(lab, node), "image");
  await run(["truncate", "--size", SIZE, image]);
  await run(["mkfs.ext4", "-q", "-m", "0", "-E", "lazy_itable_init=1,lazy_journal_init=1", image]);
};

export const detachDisk = async (lab: Lab, node: NodeName): Promise<void> => {
  const { root, device } = diskOf(lab, node);
  while (isMounted(root)) await run(["umount", "--recursive", root]);
  while (isMounted(device)) {
    await setDiskHung(lab, node, false);
    await run(["umount", device]);
  }
};

export const removeDisk = async (lab: Lab, node: NodeName): Promise<void> => {
  await detachDisk(lab, node);
  await rm(directoryOf(lab, node), { recursive: true, force: true });
};

/** Lets every write to a node's disk wait, or go on. */
export const setDiskHung = async (lab: Lab, node: NodeName, hung: boolean): Promise<void> => {
  const { device } = diskOf(lab, node);
  if (!isMounted(device)) return;
  // A disk that is in this state already is what was asked for.
  await runAny(["fsfreeze", hung ? "--freeze" : "--unfreeze", device]);
};

const isMounted = (directory: string): boolean =>
  readFileSync("/proc/self/mounts", "utf8").includes(` ${directory} `);

/** What an operator sets on a machine before the appliance comes: its name, its own addresses, a journal on disk. */
const writeMachine = (root: string, node: NodeName): void => {
  const files: readonly (readonly [string, string])[] = [
    ["etc/hostname", `${node}\n`],
    ["etc/machine-id", `${randomBytes(16).toString("hex")}\n`],
    [
      "etc/hosts",
      ["127.0.0.1 localhost", ...NODES.map((name) => `${ADDRESSES[name].lan} ${name}`), ""].join(
        "\n",
      ),
    ],
    ["etc/systemd/system/lab-network.service", networkUnit(node)],
    ["etc/systemd/journald.conf.d/lab.conf", "[Journal]\nStorage=persistent\nSystemMaxUse=64M\n"],
  ];
  for (const [name, text] of files) {
    const file = path.join(root, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  const wanted = path.join(root, "etc/systemd/system/sysinit.target.wants");
  mkdirSync(wanted, { recursive: true });
  symlinkSync("../lab-network.service", path.join(wanted, "lab-network.service"));
};

const networkUnit = (node: NodeName): string => {
  const { lan, lan6, crosslink } = ADDRESSES[node];
  return `[Unit]
Description=Static addresses of this machine
DefaultDependencies=no
Before=network-pre.target network.target sysinit.target
Wants=network-pre.target

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=ip addr replace ${lan}/24 brd + dev eth0
ExecStart=ip addr replace ${lan6}/64 dev eth0 nodad
ExecStart=ip link set eth0 up
ExecStart=ip addr replace ${crosslink}/29 brd + dev eth1
ExecStart=ip link set eth1 up
`;
};
