import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { diskOf } from "./disk.ts";
import { NODES } from "./names.ts";
import type { Lab, NodeName } from "./names.ts";
import { enter, NodeError } from "./node.ts";
import { nowMs } from "./phone/clock.ts";

const CONFIG_MODE = 0o640;

const CODE_FILE = "/run/pair-code";
const PAIR_MAX_MS = 180_000;
const POLL_MS = 50;

/**
 * Does what an operator does on two new machines after installing the package: name them, write the configuration and
 * pair them, which puts it into force. Nodes that have been through it are left alone.
 */
export const configure = async (lab: Lab, say: (line: string) => void): Promise<void> => {
  if (isPaired(lab, "sp2")) return;
  for (const node of NODES) writeConfiguration(lab, node);
  const created = must(lab, "sp1", ["ngcp-pair", "create", "--code-file", CODE_FILE]);
  await must(lab, "sp2", ["sh", "-c", `cat >${CODE_FILE}`], await codeOf(lab, created));
  await must(lab, "sp2", ["ngcp-pair", "join", "--code-file", CODE_FILE]);
  await created;
  for (const node of NODES) await must(lab, node, ["ngcpcfg", "commit", "The pair of the lab"]);
  say("both nodes are configured and paired");
};

/** The settings of an unpaired node hold no keys. */
const isPaired = (lab: Lab, node: NodeName): boolean => {
  const settings = path.join(diskOf(lab, node).root, "etc/ngcp-ha/settings.json");
  return existsSync(settings) && readFileSync(settings, "utf8").includes('"heartbeatKeys"');
};

/** Waits for the code that `created` offers the secrets under. */
const codeOf = async (lab: Lab, created: Promise<string>): Promise<string> => {
  const deadline = nowMs() + PAIR_MAX_MS;
  while (nowMs() < deadline) {
    const said = await enter(lab, "sp1", ["cat", CODE_FILE]);
    if (said.status === 0) return said.stdout;
    await Promise.race([created, pause(POLL_MS)]);
  }
  throw new NodeError(`sp1 offered no code within ${PAIR_MAX_MS} ms`);
};

const writeConfiguration = (lab: Lab, node: NodeName): void => {
  const { root } = diskOf(lab, node);
  writeFileSync(path.join(root, "etc/ngcp_nodename"), `${node}\n`);
  const target = path.join(root, "etc/ngcp-config/config.yml");
  mkdirSync(path.dirname(target), { recursive: true });
  copyFileSync(path.resolve("ops/lab/config/config.yml"), target);
  chmodSync(target, CONFIG_MODE);
};

const must = async (
  lab: Lab,
  node: NodeName,
  command: readonly string[],
  input = "",
): Promise<string> => {
  const { status, stdout, stderr } = await enter(lab, node, command, { input });
  if (status === 0) return stdout;
  throw new NodeError(`${node}: ${command.join(" ")} ended with ${status}: ${stdout}${stderr}`);
};
