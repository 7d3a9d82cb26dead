import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import test, { type ExecutionContext } from "ava";
import { ANSWER_PORT } from "../../../appliance/pair/conversation.ts";
import { checkout } from "../../golden/golden.ts";
import { bundledPairNode } from "../programs.ts";
import { withTwoNodes, type Called, type TestNode, type TwoNodes } from "../config/two-nodes.ts";

const pairNode = await bundledPairNode();
const PATIENCE_MS = 600_000;

type Call = "rename" | "fsync" | "link" | "pipe2";

/**
 * What files and names come about by, and the pipe that each program is started with: the receiver is killed before each of
 * these, so in the middle of its own work, and between two steps of git before every so many. The installation by itself is
 * killed before every call in install.test.ts.
 */
type Points = Readonly<Partial<Record<Call, number>>>;

const MEDIA = "etc/rtpengine/ngcp-rtpengine.conf";
const SETTINGS = "etc/ngcp-ha/settings.json";
const USUAL = 184;

interface Kill {
  readonly call: Call;
  readonly count: number;
}

/** What ngcp-pair.socket does, with processes that can be killed as a power cut would. */
class Receiver {
  readonly #node: TestNode;
  #server: Server | undefined;
  #kill: Kill | undefined;
  /** Connections that are left to themselves before one is killed: the first asks what the node has. */
  #spared = 0;
  killed = false;

  constructor(node: TestNode) {
    this.#node = node;
  }

  async open(): Promise<void> {
    const unit = await this.#node.read("etc/systemd/system/ngcp-pair.socket");
    const address = /^ListenStream=(.*):\d+$/m.exec(unit)?.[1] ?? "";
    await this.#node.hangUp();
    const server = createServer({ pauseOnConnect: true }, (socket) => this.#answer(socket));
    server.listen(ANSWER_PORT, address);
    await once(server, "listening");
    this.#server = server;
  }

  close(): void {
    this.#server?.close();
  }

  /** @param kill before which system call the process dies that takes the next parcel */
  arm(kill: Kill): void {
    this.#kill = kill;
    this.#spared = 1;
    this.killed = false;
  }

  disarm(): void {
    this.#kill = undefined;
  }

  #answer(socket: Socket): void {
    const kill = this.#spared > 0 ? undefined : this.#kill;
    this.#spared -= 1;
    const child = this.#start(socket, kill);
    child.once("exit", (_, signal) => {
      this.killed ||= signal === "SIGKILL";
      // What it had started ends with it, as at a power cut and as with systemd.
      if (child.pid !== undefined) endGroup(child.pid);
      socket.destroy();
    });
  }

  #start(socket: Socket, kill: Kill | undefined): ChildProcess {
    const words = [process.execPath, pairNode, this.#node.root, this.#node.name, "answer"];
    const inject = `inject=${kill?.call}:signal=SIGKILL:when=${kill?.count}`;
    const trace = ["strace", "-f", "-b", "execve", "-qq", "-o", "/dev/null"];
    const [first = "", ...rest] =
      kill === undefined
        ? words
        : [...trace, "-e", `trace=execve,${kill.call}`, "-e", inject, ...words];
    return spawn(first, rest, {
      cwd: checkout,
      detached: true,
      stdio: [socket, "ignore", "ignore"],
      // strace counts in each thread for itself: one does all.
      env: { ...process.env, UV_THREADPOOL_SIZE: "1" },
    });
  }
}

const endGroup = (leader: number): void => {
  try {
    process.kill(-leader, "SIGKILL");
  } catch {
    // All of it had ended.
  }
};

/** The value that the files of one set say, all of them the same. */
const installed = async (t: ExecutionContext, node: TestNode, when: string): Promise<number> => {
  const media = Number(/^tos = (\d+)$/m.exec(await node.read(MEDIA))?.[1]);
  const settings = JSON.parse(await node.read(SETTINGS)) as { rtp: { tos: number } };
  t.is(settings.rtp.tos, media, `${when}: files of two sets`);
  return media;
};

const gitOf = ({ config }: TestNode, ...words: readonly string[]): string =>
  execFileSync("git", ["-C", config, ...words], { encoding: "utf8" }).trim();

interface Story {
  /** Before every how many of each call the receiver is killed. */
  readonly points: Points;
  /** How many kills there are at least. */
  readonly least: number;
  /** Puts a value into force on sp1, or leaves it in its files for --pair. */
  readonly prepare: (sp1: TestNode, value: number) => Promise<unknown>;
  readonly bring: (sp1: TestNode, value: number) => Promise<Called>;
  /** What the sender says when the receiver was killed. */
  readonly says: RegExp;
}

/** One kill, a boot, and the same once more. Answers whether the receiver came so far. */
const killedAt = async (
  t: ExecutionContext,
  { sp1, sp2 }: TwoNodes,
  receiver: Receiver,
  { story, kill, value }: { readonly story: Story; readonly kill: Kill; readonly value: number },
): Promise<boolean> => {
  const when = `killed before ${kill.call} ${kill.count}`;
  const before = await installed(t, sp2, "before");
  await story.prepare(sp1, value);
  receiver.arm(kill);
  const brought = await story.bring(sp1, value);
  receiver.disarm();
  const { killed } = receiver;
  if (killed && brought.end !== "done") {
    t.is(brought.end, "unreachable", `${when}: ${brought.complained}`);
    t.regex(brought.complained, story.says, when);
  } else t.is(brought.end, "done", `${when}: ${brought.complained}`);
  // What a boot does before anything else, and systemd when the process of an answer has ended.
  await sp2.ngcpcfg("recover");
  const after = await installed(t, sp2, when);
  t.true([before, value].includes(after), `${when}: ${after}`);
  t.is(gitOf(sp2, "status", "--porcelain"), "", when);
  const again = await story.bring(sp1, value);
  t.is(again.end, "done", `${when}, again: ${again.complained}`);
  t.is(await installed(t, sp2, `${when}, again`), value, when);
  t.is(gitOf(sp2, "rev-parse", "HEAD"), gitOf(sp1, "rev-parse", "HEAD"), when);
  return killed;
};

const everyKill = async (t: ExecutionContext, story: Story): Promise<void> => {
  await withTwoNodes(async (nodes) => {
    const receiver = new Receiver(nodes.sp2);
    await receiver.open();
    let kills = 0;
    let value = USUAL;
    try {
      for (const [call, step] of Object.entries(story.points) as [Call, number][])
        for (let count = 1, killed = true; killed; count += step) {
          value = value === USUAL ? USUAL - 1 : USUAL;
          killed = await killedAt(t, nodes, receiver, { story, kill: { call, count }, value });
          if (killed) kills += 1;
        }
    } finally {
      receiver.close();
    }
    t.true(kills >= story.least, `only ${kills} system calls were found to kill before`);
  });
};

const set = (sp1: TestNode, value: number): Promise<Called> =>
  sp1.ngcpcfg("set", `qos.tos_rtp=${value}`);

test.serial(
  "a push whose receiver is killed before any system call leaves it with the old files or the new ones, is told as that, and can be done again",
  async (t) => {
    t.timeout(PATIENCE_MS);
    await everyKill(t, {
      points: { rename: 1, link: 1, fsync: 3, pipe2: 6 },
      least: 15,
      prepare: async (sp1, value) => {
        await set(sp1, value);
        const applied = await sp1.ngcpcfg("apply", `media with ${value}`);
        t.is(applied.end, "done", applied.complained);
      },
      bring: (sp1) => sp1.ngcpcfg("push"),
      says: /NGCP_PAIR_LINK: .*; sp2 is as before, or brings to its end what it had begun: ngcpcfg status there tells, and this can be done again/,
    });
  },
);

test.serial(
  "the same with apply --pair, which has not begun on this node, and whose change waits in its files",
  async (t) => {
    t.timeout(PATIENCE_MS);
    await everyKill(t, {
      points: { rename: 2, pipe2: 12 },
      least: 6,
      prepare: set,
      bring: (sp1, value) => sp1.ngcpcfg("apply", "--pair", `media with ${value}`),
      says: /Error: sp1 was not touched; what sp2 does is not known: do it again[^]*NGCP_PAIR_LINK: /,
    });
  },
);
