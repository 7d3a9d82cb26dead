import { Socket } from "node:net";
import { run } from "../../appliance/system/command.ts";
import { pairOn } from "../commands/pair.ts";
import { groundOfThisMachine } from "../config-ground.ts";
import { runTool } from "../run-tool.ts";

const SYSTEMCTL_MS = 30_000;
/** What the peer asks this node for by itself. */
const SOCKETS = ["ngcp-pair.socket", "ngcp-clone.socket"];

void runTool(
  pairOn({
    ...groundOfThisMachine(),
    enableAnswering: async () => {
      await run("systemctl", ["daemon-reload"], { timeoutMs: SYSTEMCTL_MS });
      await run("systemctl", ["enable", "--quiet", ...SOCKETS], { timeoutMs: SYSTEMCTL_MS });
      await run("systemctl", ["restart", ...SOCKETS], { timeoutMs: SYSTEMCTL_MS });
    },
    callingPeer: () => new Socket({ fd: 0, readable: true, writable: true }),
  }),
);
