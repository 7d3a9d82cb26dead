import { existsSync, readFileSync } from "node:fs";
import { request } from "node:http";
import { CONTROL_SOCKET, ROLE_FILE } from "../../ha/control/contract.ts";
import type { RoleWord, Status } from "../../ha/control/contract.ts";
import type { Lab, NodeName } from "./names.ts";
import { leaderOf } from "./node.ts";

/** What a node's role file says, read from outside: no process has to start in the node for it. */
export interface RoleLine {
  readonly role: RoleWord;
  readonly services: string;
  /** Seconds since the daemon wrote it. */
  readonly ageSeconds: number;
}

const inNode = (lab: Lab, node: NodeName, file: string): string | undefined => {
  const leader = leaderOf(lab, node);
  return leader === undefined ? undefined : `/proc/${leader}/root${file}`;
};

export const roleOf = (lab: Lab, node: NodeName): RoleLine | undefined => {
  const file = inNode(lab, node, ROLE_FILE);
  if (file === undefined || !existsSync(file)) return undefined;
  const [role = "", uptime = "", services = ""] = readFileSync(file, "utf8").trim().split(" ");
  const now = Number(readFileSync("/proc/uptime", "utf8").split(" ")[0]);
  return { role: role as RoleWord, services, ageSeconds: now - Number(uptime) };
};

const STATUS_MAX_MS = 2000;

/** What the daemon of a node says of itself; undefined when it does not answer. */
export const daemonStatus = async (lab: Lab, node: NodeName): Promise<Status | undefined> => {
  const socketPath = inNode(lab, node, CONTROL_SOCKET);
  if (socketPath === undefined || !existsSync(socketPath)) return undefined;
  return await new Promise((resolve) => {
    const asked = request({ socketPath, path: "/v1/status", timeout: STATUS_MAX_MS }, (answer) => {
      const parts: Buffer[] = [];
      answer.on("data", (part: Buffer) => parts.push(part));
      answer.on("end", () => resolve(JSON.parse(Buffer.concat(parts).toString()) as Status));
    });
    asked.on("timeout", () => asked.destroy());
    asked.on("error", () => resolve(undefined));
    asked.end();
  });
};
