import { mkdirSync } from "node:fs";
import { rm } from "node:fs/promises";
import { removeGroups } from "./cgroup.ts";
import { configure } from "./configure.ts";
import { layersBelow, removeDisk } from "./disk.ts";
import type { Layers } from "./disk.ts";
import { buildHome } from "./home.ts";
import { NODES } from "./names.ts";
import type { Lab } from "./names.ts";
import { buildNetwork, destroyNetwork } from "./network.ts";
import { booted, powerOff, powerOn } from "./node.ts";

/**
 * Boots both nodes, configures and pairs them where that has not been done. Harmless when they run. A pair of another build is
 * taken away first: its nodes would run on as they are, and get empty disks when their power comes back.
 */
export const bringUp = async (
  lab: Lab,
  layers: Layers,
  say: (line: string) => void,
): Promise<void> => {
  const isOther = (found: Layers | undefined): boolean => found !== undefined && found !== layers;
  if (NODES.some((node) => isOther(layersBelow(lab, node)))) {
    say("the pair of another build is taken away");
    await takeDown(lab);
  }
  mkdirSync(lab.directory, { recursive: true });
  await buildNetwork(lab);
  await buildHome(lab);
  for (const node of NODES) await powerOn(lab, node, layers);
  const words = await Promise.all(NODES.map((node) => booted(lab, node)));
  say(NODES.map((node, index) => `${node} ${words[index] ?? ""}`).join(", "));
  await configure(lab, say);
};

/** Takes away everything of this lab, also what an interrupted run has left. */
export const takeDown = async (lab: Lab): Promise<void> => {
  for (const node of NODES) await powerOff(lab, node);
  await destroyNetwork(lab);
  removeGroups(lab);
  for (const node of NODES) await removeDisk(lab, node);
  await rm(lab.directory, { recursive: true, force: true });
};
