import { Socket } from "node:net";
import { join } from "node:path";
import { pairOn } from "../ops/commands/pair.ts";
import { EXIT_STATUS } from "../ops/exit-status.ts";
import { endOf } from "../ops/run-tool.ts";
import type { ControlPort } from "../ops/commands/control-port.ts";
import { connectControl } from "../ha/control/client.ts";
import { groundOfTest } from "./config-ground.ts";

/**
 * ngcp-pair as a process of its own, on a node that is a folder: `pair-node DIRECTORY NODE ARGUMENTS`.
 * What it would ask of systemd it prints; no daemon answers.
 */
const [directory = "", node = "", ...args] = process.argv.slice(2);

const say = (line: string): void => void process.stdout.write(`${line}\n`);

const control: ControlPort = connectControl(join(directory, "control.sock"));

const tool = pairOn({
  ...groundOfTest({
    host: node,
    configDirectory: join(directory, "etc/ngcp-config"),
    shareDirectory: join(process.cwd(), "appliance"),
    root: directory,
  }),
  enableAnswering: async () => {
    say("systemctl enable ngcp-pair.socket");
    await Promise.resolve();
  },
  callingPeer: () => new Socket({ fd: 0, readable: true, writable: true }),
});

const main = async (): Promise<void> => {
  const end = await endOf(tool, ["node", "ngcp-pair", ...args], {
    control,
    units: {
      start: () => Promise.resolve(),
      stop: () => Promise.resolve(),
      restart: async (unit) => {
        say(`systemctl restart ${unit}`);
        await Promise.resolve();
      },
      states: () => Promise.resolve(new Map()),
    },
    node,
    say,
    complain: (line) => void process.stderr.write(`${line}\n`),
    showProgress: undefined,
    now: Date.now,
    onInterrupt: () => new AbortController().signal,
  });
  process.exitCode = EXIT_STATUS[end];
};

void main();
