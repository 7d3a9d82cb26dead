import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { cp, mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import { parse } from "yaml";
import { ANSWER_PORT } from "../../../appliance/pair/conversation.ts";
import { checkout } from "../../golden/golden.ts";
import { bundledPairNode } from "../programs.ts";

const pairNode = await bundledPairNode();

interface Pair {
  readonly sp1: string;
  readonly sp2: string;
  readonly crosslink: Readonly<Record<"sp1" | "sp2", string>>;
}

let pairs = 0;

/** Two nodes that are folders, with a crosslink of their own among the addresses of this machine. */
const newPair = async (): Promise<Pair> => {
  pairs += 1;
  const net = `127.${100 + (process.pid % 100)}.${pairs}`;
  const crosslink = { sp1: `${net}.1`, sp2: `${net}.2` };
  const directory = await mkdtemp(join(tmpdir(), "tandem-pair-"));
  for (const node of ["sp1", "sp2"]) {
    const config = join(directory, node, "etc/ngcp-config");
    await mkdir(config, { recursive: true });
    await cp(join(checkout, "appliance/defaults"), config, { recursive: true });
    const file = join(config, "network.yml");
    const network = (await readFile(file, "utf8"))
      .replace("192.168.255.251", crosslink.sp1)
      .replace("192.168.255.252", crosslink.sp2);
    await writeFile(file, network);
  }
  return { sp1: join(directory, "sp1"), sp2: join(directory, "sp2"), crosslink };
};

interface Ended {
  readonly status: number | null;
  readonly output: string;
}

const output = new WeakMap<ChildProcess, string>();
const closed = new WeakMap<ChildProcess, Promise<unknown>>();

const start = (pair: Pair, node: "sp1" | "sp2", ...args: readonly string[]): ChildProcess => {
  const child = spawn(process.execPath, [pairNode, pair[node], node, ...args], {
    cwd: checkout,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const keep = (chunk: Buffer): void =>
    void output.set(child, (output.get(child) ?? "") + chunk.toString());
  child.stdout.on("data", keep);
  child.stderr.on("data", keep);
  closed.set(child, once(child, "close"));
  return child;
};

const ended = async (child: ChildProcess): Promise<Ended> => {
  await closed.get(child);
  return { status: child.exitCode, output: output.get(child) ?? "" };
};

const run = (pair: Pair, node: "sp1" | "sp2", ...args: readonly string[]): Promise<Ended> =>
  ended(start(pair, node, ...args));

const says = async (child: ChildProcess, words: RegExp): Promise<string> => {
  for (;;) {
    const found = words.exec(output.get(child) ?? "");
    if (found !== null) return found[1] ?? "";
    await Promise.race([once(child.stdout ?? child, "data"), closed.get(child)]);
    if (child.exitCode !== null) throw new Error(`ended: ${output.get(child) ?? ""}`);
  }
};

const secretsFile = (directory: string): string => join(directory, "etc/ngcp-config/constants.yml");

interface Section {
  readonly heartbeat_keys: readonly string[];
}

const secretsOf = async (directory: string): Promise<Section> =>
  (parse(await readFile(secretsFile(directory), "utf8")) as { pair: Section }).pair;

const settingsOf = async (directory: string): Promise<{ secrets: { heartbeatKeys: string[] } }> =>
  JSON.parse(await readFile(join(directory, "etc/ngcp-ha/settings.json"), "utf8")) as {
    secrets: { heartbeatKeys: string[] };
  };

const paired = async (): Promise<Pair> => {
  const pair = await newPair();
  const creating = start(pair, "sp1", "create");
  const code = await says(creating, /ngcp-pair join (\S+)/);
  await run(pair, "sp2", "join", code);
  await ended(creating);
  return pair;
};

const clean = (pair: Pair): Promise<void> => rm(join(pair.sp1, ".."), { recursive: true });

/** What ngcp-pair.socket does: one process for each connection. */
const answering = async (pair: Pair, node: "sp1" | "sp2"): Promise<Server> => {
  const server = createServer({ pauseOnConnect: true }, (socket) => {
    const child = spawn(process.execPath, [pairNode, pair[node], node, "answer"], {
      cwd: checkout,
      stdio: [socket, "ignore", "inherit"],
    });
    child.once("close", () => socket.destroy());
  });
  server.listen(ANSWER_PORT, pair.crosslink[node]);
  await once(server, "listening");
  return server;
};

test.serial(
  "create and join give both nodes the same secrets, for root alone, and put them into force",
  async (t) => {
    const pair = await newPair();
    const creating = start(pair, "sp1", "create");
    const code = await says(creating, /On sp2, within 10 minutes: ngcp-pair join (\S+)/);
    t.regex(code, /^[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}$/);

    const joined = await run(pair, "sp2", "join", code.toLowerCase().replaceAll("-", " "));
    const created = await ended(creating);
    t.is(joined.status, 0, joined.output);
    t.is(created.status, 0, created.output);
    t.regex(created.output, /sp2 has the secrets: the two are a pair\./);
    for (const { output: text } of [joined, created]) {
      t.regex(text, /Generating \/etc\/ngcp-ha\/settings\.json: OK/);
      t.regex(
        text,
        /enable ngcp-pair\.socket\n.*ngcp-mysql\.service\n.*ngcp-redis\.service\n.*ngcp-ha\.service/,
      );
    }

    const secrets = await secretsOf(pair.sp1);
    t.deepEqual(await secretsOf(pair.sp2), secrets);
    t.deepEqual((await settingsOf(pair.sp2)).secrets.heartbeatKeys, secrets.heartbeat_keys);
    for (const directory of [pair.sp1, pair.sp2]) {
      t.is((await stat(secretsFile(directory))).mode & 0o777, 0o600);
      t.is((await stat(join(directory, "etc/ngcp-ha/settings.json"))).mode & 0o777, 0o600);
    }
    for (const secret of Object.values(secrets).flat() as string[]) {
      t.false(
        joined.output.includes(secret) || created.output.includes(secret),
        "a secret was printed",
      );
    }
    await clean(pair);
  },
);

test.serial(
  "scripts hand the code over in a file for root alone, which is gone afterwards",
  async (t) => {
    const pair = await newPair();
    const file = join(pair.sp1, "code");
    const creating = start(pair, "sp1", "create", "--code-file", file);
    await says(creating, /On sp2, within/);
    t.is((await stat(file)).mode & 0o777, 0o600);
    t.notRegex(output.get(creating) ?? "", /[0-9A-Z]{4}-[0-9A-Z]{4}/);
    const joined = await run(pair, "sp2", "join", "--code-file", file);
    t.is(joined.status, 0, joined.output);
    t.is((await ended(creating)).status, 0);
    await t.throwsAsync(stat(file), { code: "ENOENT" });
    await clean(pair);
  },
);

test.serial("a wrong code gets nothing, and the fifth ends the offer", async (t) => {
  const pair = await newPair();
  const creating = start(pair, "sp1", "create");
  await says(creating, /ngcp-pair join (\S+)/);
  for (let attempt = 1; attempt <= 5; attempt += 1) {
    const joined = await run(pair, "sp2", "join", "0000-0000-0000");
    t.is(joined.status, 1);
    t.regex(joined.output, /^NGCP_PAIR_KEY_REFUSED: /);
  }
  const created = await ended(creating);
  t.is(created.status, 1);
  t.regex(created.output, /NGCP_PAIR_OFFER_ENDED: /);
  t.regex(await readFile(secretsFile(pair.sp2), "utf8"), /^#[^\n]*\n$/);
  await clean(pair);
});

test.serial("who is not the peer is not spoken with", async (t) => {
  const pair = await newPair();
  const creating = start(pair, "sp1", "create");
  const code = await says(creating, /ngcp-pair join (\S+)/);
  const stranger = {
    ...pair,
    sp2: join(pair.sp1, "../stranger"),
  };
  await cp(pair.sp2, stranger.sp2, { recursive: true });
  const file = join(stranger.sp2, "etc/ngcp-config/network.yml");
  const network = await readFile(file, "utf8");
  await writeFile(file, network.replace(pair.crosslink.sp2, pair.crosslink.sp2.replace(/2$/, "3")));
  const joined = await run(stranger, "sp2", "join", code);
  t.is(joined.status, 1);
  t.regex(joined.output, /^NGCP_PAIR_LINK: /);
  t.is((await run(pair, "sp2", "join", code)).status, 0);
  t.regex((await ended(creating)).output, /turned away: .*\.3 is not the peer/);
  await clean(pair);
});

test.serial("what a node has is offered again, and not taken over by accident", async (t) => {
  const pair = await paired();
  const before = await secretsOf(pair.sp1);
  const again = await run(pair, "sp2", "join", "0000-0000-0000");
  t.is(again.status, 3);
  t.regex(again.output, /has the secrets of a pair already/);

  const creating = start(pair, "sp1", "create");
  const code = await says(creating, /ngcp-pair join (\S+)/);
  t.is((await run(pair, "sp2", "join", "--replace", code)).status, 0);
  t.is((await ended(creating)).status, 0);
  t.deepEqual(await secretsOf(pair.sp1), before);
  t.deepEqual(await secretsOf(pair.sp2), before);
  await clean(pair);
});

test.serial(
  "an offer that nobody takes ends in time, and a join without an offer says so",
  async (t) => {
    const pair = await newPair();
    const created = await run(pair, "sp1", "create", "--minutes", "0.001");
    t.is(created.status, 4, created.output);
    const joined = await run(pair, "sp2", "join", "0000-0000-0000");
    t.is(joined.status, 1);
    t.regex(joined.output, /^NGCP_PAIR_LINK: .*ECONNREFUSED/);
    await clean(pair);
  },
);

test.serial(
  "rotate gives both nodes one new heartbeat key, from either node, and keeps the other secrets",
  async (t) => {
    const pair = await paired();
    const servers = [await answering(pair, "sp1"), await answering(pair, "sp2")];
    const before = await secretsOf(pair.sp1);
    const used = [...before.heartbeat_keys];
    const config = join(pair.sp1, "etc/ngcp-config/config.yml");
    const text = await readFile(config, "utf8");
    await writeFile(config, text.replace("tos_rtp: 184", "tos_rtp: 96"));
    for (const node of ["sp1", "sp2"] as const) {
      const rotated = await run(pair, node, "rotate");
      t.is(rotated.status, 0, rotated.output);
      const after = await secretsOf(pair.sp1);
      t.deepEqual(await secretsOf(pair.sp2), after);
      t.deepEqual({ ...after, heartbeat_keys: [] }, { ...before, heartbeat_keys: [] });
      t.is(after.heartbeat_keys.length, 1);
      t.false(used.includes(after.heartbeat_keys[0] ?? ""));
      t.deepEqual((await settingsOf(pair.sp2)).secrets.heartbeatKeys, after.heartbeat_keys);
      used.push(...after.heartbeat_keys);
    }
    for (const server of servers) server.close();
    const settings = await readFile(join(pair.sp1, "etc/ngcp-ha/settings.json"), "utf8");
    t.regex(settings, /"tos": 184/, "an edit that was not applied is not in force");
    await clean(pair);
  },
);

test.serial("a node that has no secrets, or other ones, changes no keys", async (t) => {
  const alone = await newPair();
  t.is((await run(alone, "sp1", "rotate")).status, 3);
  const pair = await paired();
  const other = await paired();
  await cp(secretsFile(other.sp1), secretsFile(pair.sp2));
  const server = await answering(pair, "sp2");
  const before = await secretsOf(pair.sp1);
  const rotated = await run(pair, "sp1", "rotate");
  t.is(rotated.status, 1);
  t.regex(rotated.output, /NGCP_PAIR_KEY_REFUSED/);
  t.deepEqual(await secretsOf(pair.sp1), before);
  server.close();
  for (const each of [alone, pair, other]) await clean(each);
});
