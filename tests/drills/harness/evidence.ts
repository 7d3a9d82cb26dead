import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { NODES } from "../../../ops/lab/names.ts";
import type { Lab } from "../../../ops/lab/names.ts";
import { enter, leaderOf } from "../../../ops/lab/node.ts";

/** Enough for a node with a hung disk, and no reason to wait longer. */
const COLLECT_MAX_MS = 10_000;
/** A daemon writes its recording 10 s after a change of its role. */
const RECORDED_AFTER_MS = 11_000;

/**
 * Keeps what both nodes say of themselves after a run that failed: their status, their journals, and what their daemons
 * recorded around each change of the role.
 *
 * @returns the folder that it was written to
 */
export const keepEvidence = async (lab: Lab, drill: string, run: number): Promise<string> => {
  const folder = path.resolve("build/drills", `${drill}-${run}`);
  mkdirSync(folder, { recursive: true });
  await pause(RECORDED_AFTER_MS);
  for (const node of NODES) {
    if (leaderOf(lab, node) === undefined) continue;
    for (const [name, command] of Object.entries(SOURCES)) {
      const { stdout, stderr } = await enter(lab, node, command, { timeoutMs: COLLECT_MAX_MS });
      writeFileSync(path.join(folder, `${node}.${name}`), stdout + stderr);
    }
  }
  return folder;
};

const SOURCES: Readonly<Record<string, readonly string[]>> = {
  status: ["ngcp-status"],
  journal: ["journalctl", "--no-pager", "--output=short-precise"],
  recordings: [
    "sh",
    "-c",
    'for file in /var/lib/ngcp-ha/recordings/*; do echo "== $file"; ngcp-ha-replay "$file"; done',
  ],
};
