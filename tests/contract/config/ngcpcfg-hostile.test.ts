import { execFileSync } from "node:child_process";
import { access, mkdir, readFile, readdir, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import test from "ava";
import { COMPONENTS } from "../../../components/index.ts";
import type { ConfigGround } from "../../../ops/commands/ngcpcfg/ground.ts";
import { ngcpcfgOn } from "../../../ops/commands/ngcpcfg/index.ts";
import { groundOfTest } from "../../config-ground.ts";
import { withSamplePair } from "../../golden/sample.ts";
import { runAgainst, type Result } from "../../unit/ops/daemon-of-a-test.ts";

interface Node {
  readonly root: string;
  readonly config: string;
  readonly call: (...args: readonly string[]) => Promise<Result>;
}

/** A node whose configuration is in force and committed; its daemon restarts what it is asked to. */
const onNode = (
  use: (node: Node) => Promise<void>,
  different: Partial<ConfigGround> = {},
): Promise<void> =>
  withSamplePair(async (site) => {
    const tool = ngcpcfgOn(groundOfTest(site, different));
    const call = (...args: readonly string[]): Promise<Result> =>
      runAgainst(tool, args, { answers: { orders: ALL_RUN } });
    await call("initialise");
    await call("apply");
    await use({ config: site.configDirectory, root: site.root, call });
  });

const ALL_RUN = Object.fromEntries(
  COMPONENTS.map(({ name }) => [
    `${name}/restart`,
    { outcome: "done", code: null, sentence: "it runs", affected: [] } as const,
  ]),
);

const textOf = ({ said, complained }: Result): string => [...said, ...complained].join("\n");

test("words and options that an action does not take are refused before anything is done", async (t) => {
  await onNode(async ({ call, config }) => {
    await call("set", "qos.tos_rtp=96");
    const before = await readFile(join(config, "config.yml"), "utf8");
    for (const [args, why] of [
      [
        ["apply", "softer", "media"],
        /media is one word too many: put the message into quotes; usage: ngcpcfg apply/,
      ],
      [["commit", "softer", "media"], /put the message into quotes/],
      [["clean", "--dry-run"], /--dry-run has no meaning here; usage: ngcpcfg clean$/],
      [["commit", "x", "--dry-run"], /--dry-run has no meaning here/],
      [["set", "--dry-run", "qos.tos_rtp=1"], /--dry-run has no meaning here/],
      [["services", "--no-restart"], /--no-restart has no meaning here/],
      [["check", "--pair"], /--pair has no meaning here/],
      [["check", "config.yml"], /config\.yml is one word too many/],
      [["commit"], /something is missing; usage: ngcpcfg commit MESSAGE/],
      [["commit", " "], /commit takes a message/],
      [["get"], /something is missing/],
      [["set"], /something is missing/],
      [["apply", "--no-such"], /unknown option '--no-such'/],
    ] as const) {
      const refused = await call(...args);
      t.is(refused.end, "usage", args.join(" "));
      t.regex(textOf(refused), why);
    }
    t.is(await readFile(join(config, "config.yml"), "utf8"), before);
    t.notRegex(textOf(await call("log")), /softer/);
  });
});

test("each action explains itself", async (t) => {
  await onNode(async ({ call }) => {
    for (const args of [
      ["help", "apply"],
      ["apply", "--help"],
      ["apply", "message", "-h"],
    ]) {
      const help = await call(...args);
      t.is(help.end, "done");
      t.regex(textOf(help), /^Usage: ngcpcfg apply \[MESSAGE\] .*\n\nchecks, builds/);
    }
    t.regex(textOf(await call("--help")), /^Usage: ngcpcfg \[options\][^]*Actions:/);
    t.is((await call("help", "aply")).end, "failed");
  });
});

test("--debug says where an error comes from", async (t) => {
  await onNode(async ({ call }) => {
    t.notRegex(textOf(await call("get", "nope")), /^ +at /m);
    t.regex(
      textOf(await call("get", "nope", "--debug")),
      /ValueRefusedError NGCP_VALUE_REFUSED\n +at /,
    );
  });
});

test("without a history each action says what to do first", async (t) => {
  await withSamplePair(async (site) => {
    const tool = ngcpcfgOn(groundOfTest(site));
    for (const args of [["diff"], ["log"], ["show"], ["clean"], ["commit", "x"], ["apply"]]) {
      const refused = await runAgainst(tool, args, {});
      t.is(refused.end, "failed");
      t.deepEqual(refused.complained, [
        "Error: /etc/ngcp-config has no history yet: run ngcpcfg initialise first.",
      ]);
    }
  });
});

test("set and del leave what they cannot read, what is lost and what nobody knows", async (t) => {
  await onNode(async ({ call, config }) => {
    const path = join(config, "config.yml");
    const latin1 = Buffer.from("# gr\u00fcn\nqos: {tos_rtp: 8}\n", "latin1");
    await writeFile(path, latin1);
    t.regex(
      textOf(await call("set", "qos.tos_rtp=96")),
      /NGCP_VALUE_REFUSED: .*not written in UTF-8/,
    );
    t.deepEqual(await readFile(path), latin1);
    await rm(path);
    t.regex(textOf(await call("set", "qos.tos_rtp=96")), /config\.yml is not there: ngcpcfg clean/);
    await t.throwsAsync(access(path), { code: "ENOENT" });
    await mkdir(path);
    t.regex(textOf(await call("del", "qos.tos_rtp")), /could not be read: EISDIR/);
    await rm(path, { recursive: true });
    t.is((await call("clean")).end, "done");
    t.regex(textOf(await call("del", "qos.tos_rtpp")), /unknown key; did you mean qos\.tos_rtp\?/);
  });
});

test("status shows what it can of a configuration that is wrong, and ends well", async (t) => {
  await onNode(async ({ call, config }) => {
    await writeFile(join(config, "config.local.yml"), "ha: {dead_ms: 1}\n");
    const status = await call("status");
    t.is(status.end, "done");
    t.regex(
      textOf(status),
      /ACTION_NEEDED: NGCP_CONFIG_INVALID: it cannot be put into force[^]*config\.local\.yml:1:15 ha\.dead_ms: is 1[^]*Checking state of services:/,
    );
  });
});

test("a history whose last commit is lost is told as that, and not begun anew", async (t) => {
  await onNode(async ({ call, config }) => {
    // What a file system may leave of a file that was written just before the power went.
    await writeFile(join(config, ".git/refs/heads/master"), "");
    for (const action of ["status", "apply", "initialise"]) {
      const refused = await call(action);
      t.is(refused.end, "failed");
      t.regex(textOf(refused), /NGCP_HISTORY_DAMAGED: .*pull --replace/);
    }
  });
});

test("locks of a git that was killed are no obstacle, wherever they are and whatever the clock says", async (t) => {
  for (const lock of ["index.lock", "HEAD.lock", "refs/heads/master.lock"])
    for (const seconds of [-60, 3_600])
      await onNode(async ({ call, config }) => {
        const path = join(config, ".git", lock);
        await call("set", "qos.tos_rtp=96");
        await writeFile(path, "");
        const at = Date.now() / 1_000 + seconds;
        await utimes(path, at, at);
        const applied = await call("apply", "softer media");
        t.is(applied.end, "done", textOf(applied));
        t.regex(textOf(await call("log")), /softer media/);
      });
});

test("commits go to one branch alone", async (t) => {
  await onNode(async ({ call, config }) => {
    execFileSync("git", ["-C", config, "checkout", "--quiet", "-b", "trial"]);
    await call("set", "qos.tos_rtp=96");
    const refused = await call("apply", "softer media");
    t.is(refused.end, "failed");
    t.regex(textOf(refused), /Error: .* is on the branch trial: git -C .* checkout master/);
    t.regex(textOf(await call("status")), /ACTION_NEEDED: commits go to master alone/);
  });
});

test("a link in the place of a file of a service is not followed and not replaced", async (t) => {
  await onNode(async ({ call, root }) => {
    const path = join(root, "etc/redis/ngcp-redis.conf");
    await rm(path);
    await symlink("/etc/hostname", path);
    const refused = await call("apply");
    t.is(refused.end, "failed");
    t.regex(
      textOf(refused),
      /\/etc\/redis\/ngcp-redis\.conf could not be written: something that is no file is there/,
    );
  });
});

test("records that are damaged are told, or written anew where nothing hangs on them", async (t) => {
  await onNode(async ({ call, root, config }) => {
    const state = join(root, "var/lib/ngcpcfg");
    await writeFile(join(state, "in-force.json"), "");
    t.is((await call("apply")).end, "done");
    t.regex(await readFile(join(state, "in-force.json"), "utf8"), /"agreement": \{\n/);
    await writeFile(join(config, "templates/.shipped.json"), "{");
    t.is((await call("initialise")).end, "done");
    for (const name of ["install.json", "adopt.json"]) {
      await writeFile(join(state, name), "{");
      t.regex(textOf(await call("recover")), /NGCP_RECORD_DAMAGED: .*cannot be read/);
      await rm(join(state, name));
    }
  });
});

test("what a killed installation left beside the files goes with the next one", async (t) => {
  await onNode(async ({ call, root }) => {
    for (const end of ["new", "old"])
      await writeFile(join(root, `etc/redis/ngcp-redis.conf.ngcp-${end}`), "a secret");
    t.is((await call("apply")).end, "done");
    t.deepEqual(await readdir(join(root, "etc/redis")), ["ngcp-redis.conf"]);
  });
});

test("what the operating system refuses is told with a code", async (t) => {
  await onNode(
    async ({ call }) => {
      const refused = await call("check");
      t.is(refused.end, "failed");
      t.regex(textOf(refused), /^NGCP_SYSTEM_CALL_FAILED: ENOENT: .*no-such-file/m);
    },
    { machine: async () => JSON.parse(await readFile("/no-such-file", "utf8")) as never },
  );
});
