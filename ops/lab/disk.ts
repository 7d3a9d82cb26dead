import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import path from "node:path";
import { ADDRESSES, NODES } from "./names.ts";
import type { Lab, NodeName } from "./names.ts";
import { run } from "./run.ts";

/** The read-only layers below every node's disk, the uppermost first, joined by colons. */
export type Layers = string;

/** A node's disk: what it wrote itself above the common layers. It survives power cuts. */
export interface Disk {
  readonly root: string;
  readonly written: string;
}

const directoryOf = (lab: Lab, node: NodeName): string => path.join(lab.directory, node);

export const diskOf = (lab: Lab, node: NodeName): Disk => ({
  root: path.join(directoryOf(lab, node), "root"),
  written: path.join(directoryOf(lab, node), "written"),
});

/** Mounts the disk of a node, and makes it new when there is none or it stands on other layers. */
export const attachDisk = async (lab: Lab, node: NodeName, layers: Layers): Promise<Disk> => {
  const directory = directoryOf(lab, node);
  const disk = diskOf(lab, node);
  const noted = path.join(directory, "layers");
  if (!existsSync(noted) || readFileSync(noted, "utf8") !== layers) {
    await removeDisk(lab, node);
    for (const name of ["root", "written", "work"])
      mkdirSync(path.join(directory, name), { recursive: true });
    writeMachine(disk.written, node);
    writeFileSync(noted, layers);
  }
  if (!isMounted(disk.root)) {
    const options = `lowerdir=${layers},upperdir=${disk.written},workdir=${directory}/work`;
    await run(["mount", "-t", "overlay", `${lab.name}-${node}`, disk.root, "-o", options]);
  }
  return disk;
};

export const detachDisk = async (lab: Lab, node: NodeName): Promise<void> => {
  const { root } = diskOf(lab, node);
  while (isMounted(root)) await run(["umount", "--recursive", root]);
};

export const removeDisk = async (lab: Lab, node: NodeName): Promise<void> => {
  await detachDisk(lab, node);
  await rm(directoryOf(lab, node), { recursive: true, force: true });
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
  const { lan, crosslink } = ADDRESSES[node];
  return `[Unit]
Description=Static addresses of this machine
DefaultDependencies=no
Before=network-pre.target network.target sysinit.target
Wants=network-pre.target

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=ip addr replace ${lan}/24 brd + dev eth0
ExecStart=ip link set eth0 up
ExecStart=ip addr replace ${crosslink}/29 brd + dev eth1
ExecStart=ip link set eth1 up
`;
};
