import { execFile } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { ANSWER_PORT } from "../../../appliance/pair/conversation.ts";
import { connectControl } from "../../../ha/control/client.ts";
import type { ComponentAnswer, RoleWord } from "../../../ha/control/contract.ts";
import { serve } from "../../../ha/control/server.ts";
import type { ConfigGround } from "../../../ops/commands/ngcpcfg/ground.ts";
import { ngcpcfgOn } from "../../../ops/commands/ngcpcfg/index.ts";
import { pairOn } from "../../../ops/commands/pair.ts";
import type { ExitName } from "../../../ops/exit-status.ts";
import { endOf } from "../../../ops/run-tool.ts";
import type { Desk, Tool } from "../../../ops/tool.ts";
import { groundOfTest } from "../../config-ground.ts";
import { checkout } from "../../golden/golden.ts";
import { ACTIVE, RUNS } from "../../unit/ops/daemon-of-a-test.ts";

/** The file that the media relay starts with. */
export const MEDIA = "etc/rtpengine/ngcp-rtpengine.conf";

export interface Called {
  readonly end: ExitName;
  readonly said: string;
  readonly complained: string;
}

/** One of two nodes that are folders, with daemons of a test and a crosslink among the addresses of this machine. */
export interface TestNode {
  readonly name: "sp1" | "sp2";
  readonly root: string;
  readonly config: string;
  /** What was asked of daemon and systemd, and is taken out by the reader. */
  readonly orders: string[];
  /** What the peer had done here, as the log of the node has it. */
  readonly kept: string[];
  /** How often the daemon was told that something is in force. */
  looks: number;
  /** What components answer when they are to restart; they run unless something else is put here. */
  answer: ComponentAnswer;
  readonly ngcpcfg: (...args: readonly string[]) => Promise<Called>;
  readonly pair: (...args: readonly string[]) => Promise<Called>;
  readonly read: (path: string) => Promise<string>;
  /** Ends its answers to the peer, as a cut cable does. */
  readonly hangUp: () => Promise<void>;
  /** Answers where the files of the node say. */
  readonly listenAnew: () => Promise<void>;
}

export interface TwoNodes {
  readonly sp1: TestNode;
  readonly sp2: TestNode;
}

const SOCKET = "ngcp-pair.socket";
const SOCKETS = [SOCKET, "ngcp-clone.socket"];

const groundOf = (root: string, host: string): ConfigGround =>
  groundOfTest({
    host,
    configDirectory: join(root, "etc/ngcp-config"),
    shareDirectory: join(checkout, "appliance"),
    root,
  });

const deskOf = (node: TestNode, said: string[], complained: string[]): Desk => ({
  control: connectControl(join(node.root, "control.sock")),
  units: {
    start: () => Promise.resolve(),
    stop: () => Promise.resolve(),
    restart: async (unit) => {
      node.orders.push(unit);
      if (unit === SOCKET) await node.listenAnew();
    },
    states: () => Promise.resolve(new Map(SOCKETS.map((unit) => [unit, "active"]))),
  },
  node: node.name,
  say: (line) => void said.push(line),
  complain: (line) => void complained.push(line),
  showProgress: undefined,
  now: Date.now,
  onInterrupt: () => new AbortController().signal,
});

const call = async (node: TestNode, tool: Tool, args: readonly string[]): Promise<Called> => {
  const said: string[] = [];
  const complained: string[] = [];
  const end = await endOf(tool, ["node", "tool", ...args], deskOf(node, said, complained));
  return { end, said: said.join("\n"), complained: complained.join("\n") };
};

/** The daemon's own server, which notes what it is asked. */
const daemonOf = (node: TestNode, role: RoleWord): Promise<() => Promise<void>> =>
  serve(
    {
      status: () => Promise.resolve({ ...ACTIVE, node: node.name, role }),
      components: () => Promise.resolve([]),
      submit: () => Promise.reject(new Error("nobody asks for a role here")),
      order: (name) => {
        node.orders.push(name);
        return Promise.resolve(node.answer);
      },
      recording: () => {
        throw new Error("nobody asks for the recording here");
      },
      lookAtConfiguration: () => {
        node.looks += 1;
        return Promise.resolve();
      },
    },
    join(node.root, "control.sock"),
    "no-such-group",
  );

const pairTool = (node: TestNode, callingPeer: () => Socket): Tool =>
  pairOn({
    ...groundOf(node.root, node.name),
    openSyslog: () => ({
      write: (line) => void node.kept.push(line),
      end: () => Promise.resolve(),
    }),
    enableAnswering: () => Promise.resolve(),
    callingPeer,
  });

const nobodyCalls = (): never => {
  throw new Error("nobody calls here");
};

/** What ngcp-pair.socket does. */
const answering = async (node: TestNode, address: string): Promise<Server> => {
  const server = createServer((socket) => {
    void call(
      node,
      pairTool(node, () => socket),
      ["answer"],
    );
  });
  server.listen(ANSWER_PORT, address);
  await once(server, "listening");
  return server;
};

const folderOf = async (root: string, addresses: readonly string[]): Promise<void> => {
  const config = join(root, "etc/ngcp-config");
  await cp(join(checkout, "appliance/defaults"), config, { recursive: true });
  await cp(join(checkout, "tests/golden/sample"), config, { recursive: true });
  const file = join(config, "network.yml");
  const [sp1 = "", sp2 = ""] = addresses;
  const network = (await readFile(file, "utf8"))
    .replace("192.168.255.251", sp1)
    .replace("192.168.255.252", sp2);
  await writeFile(file, network);
};

const addressIn = (unit: string): string => /^ListenStream=(.*):\d+$/m.exec(unit)?.[1] ?? "";

const nodeIn = (name: "sp1" | "sp2", root: string): TestNode => {
  let server: Server | undefined;
  const node: TestNode = {
    name,
    root,
    config: join(root, "etc/ngcp-config"),
    orders: [],
    kept: [],
    looks: 0,
    answer: RUNS,
    ngcpcfg: (...args) => call(node, ngcpcfgOn(groundOf(root, name)), args),
    pair: (...args) => call(node, pairTool(node, nobodyCalls), args),
    read: (path) => readFile(join(root, path), "utf8"),
    hangUp: async () => {
      const closing = server;
      server = undefined;
      if (closing === undefined) return;
      closing.close();
      await once(closing, "close");
    },
    listenAnew: async () => {
      // As with systemd, who is spoken with already stays on the line.
      server?.close();
      server = await answering(node, addressIn(await node.read(`etc/systemd/system/${SOCKET}`)));
    },
  };
  return node;
};

/** Starts what the nodes are beside their folders, lets `use` have them, and ends it. */
const withNodesIn = async (
  directory: string,
  use: (nodes: readonly [TestNode, TestNode]) => Promise<void>,
): Promise<void> => {
  const nodes = [
    nodeIn("sp1", join(directory, "sp1")),
    nodeIn("sp2", join(directory, "sp2")),
  ] as const;
  const ends: (() => Promise<void>)[] = [];
  try {
    for (const node of nodes) {
      ends.push(await daemonOf(node, node.name === "sp1" ? "active" : "standby"));
      ends.push(node.hangUp);
    }
    await use(nodes);
  } finally {
    for (const end of ends) await end();
  }
};

/** The folders of two nodes, each with its configuration in force and committed on its own. */
const prepare = async (): Promise<string> => {
  const net = `127.${1 + (process.pid % 99)}.1`;
  const directory = await mkdtemp(join(tmpdir(), "tandem-prepared-"));
  process.once("exit", () => {
    rmSync(directory, { recursive: true });
  });
  for (const node of ["sp1", "sp2"])
    await folderOf(join(directory, node), [`${net}.1`, `${net}.2`]);
  await withNodesIn(directory, async (nodes) => {
    for (const node of nodes)
      for (const verb of ["initialise", "apply"]) {
        const { end, complained } = await node.ngcpcfg(verb);
        if (end !== "done") throw new Error(`${node.name}: ${verb}: ${complained}`);
      }
  });
  return directory;
};

let prepared: Promise<string> | undefined;

/**
 * A paired sp1, which is active, and its standby sp2, each with its configuration in force and committed on its own. All
 * pairs of a process have the same addresses, so one is used after the other.
 */
export const withTwoNodes = async (use: (nodes: TwoNodes) => Promise<void>): Promise<void> => {
  prepared ??= prepare();
  const source = await prepared;
  const directory = await mkdtemp(join(tmpdir(), "tandem-two-"));
  try {
    await promisify(execFile)("cp", ["-a", `${source}/.`, directory]);
    await withNodesIn(directory, async ([sp1, sp2]) => {
      for (const node of [sp1, sp2]) await node.listenAnew();
      await use({ sp1, sp2 });
    });
  } finally {
    await rm(directory, { recursive: true });
  }
};
