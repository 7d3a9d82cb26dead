import { spawn } from "node:child_process";
import path from "node:path";
import { createInterface } from "node:readline";
import type { EngineNode } from "../../../contract/sip/node.ts";
import { checkout } from "../../../golden/golden.ts";

const ASKER = path.join(checkout, "dist/tests/bench/sip/ready/child.js");
const UNIT = "ngcp-proxy";
const MICROSECONDS_PER_MS = 1_000;

export const stopProxy = (node: EngineNode): Promise<string> => node.run(`systemctl stop ${UNIT}`);

/**
 * Starts a node's proxy cold, as a takeover that nothing was prepared for does, and answers how long it took: from when systemd
 * began with its unit until it answers what the daemon asks; milliseconds.
 */
export const startProxy = async (node: EngineNode): Promise<number> => {
  const [program, ...words] = node.inNetwork(process.execPath, ASKER);
  const asker = spawn(program, words, { stdio: ["ignore", "pipe", "inherit"] });
  try {
    const lines = createInterface({ input: asker.stdout })[Symbol.asyncIterator]();
    const line = async (): Promise<string> => String((await lines.next()).value);
    const first = await line();
    if (first !== "silent") throw new Error(`a proxy that is stopped answers: ${first}`);
    await node.run(`systemctl start ${UNIT}`);
    const answeredAt = await line();
    const begunAt = await node.run(`systemctl show -P InactiveExitTimestampMonotonic ${UNIT}`);
    return Number(answeredAt) - Number(begunAt) / MICROSECONDS_PER_MS;
  } finally {
    asker.kill();
  }
};
