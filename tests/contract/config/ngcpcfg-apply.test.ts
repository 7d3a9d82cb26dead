import { chmod, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { COMPONENTS } from "../../../components/index.ts";
import type { ComponentAnswer } from "../../../ha/control/contract.ts";
import { ngcpcfgOn } from "../../../ops/commands/ngcpcfg/index.ts";
import { lockOf } from "../../../ops/commands/ngcpcfg/lock.ts";
import { groundOfTest } from "../../config-ground.ts";
import { withSamplePair } from "../../golden/sample.ts";
import type { Result, Situation } from "../../unit/ops/daemon-of-a-test.ts";
import { failing, RUNS, runAgainst } from "../../unit/ops/daemon-of-a-test.ts";
import { WRONG } from "./wrong-configurations.ts";

const NOT_HERE: ComponentAnswer = {
  outcome: "refused",
  code: "NGCP_COMPONENT_NOT_HERE",
  sentence: "not here",
  affected: [],
};
const FAILS = failing("rtpengine");

const ALL = COMPONENTS.map(({ name }) => name);

const answering = (answer: ComponentAnswer): Situation => ({
  answers: { orders: Object.fromEntries(ALL.map((name) => [`${name}/restart`, answer])) },
});

interface Node {
  readonly config: string;
  readonly root: string;
  readonly call: (args: readonly string[], situation?: Situation) => Promise<Result>;
}

/** A node whose configuration is in force and committed. */
const onNode = (use: (node: Node) => Promise<void>): Promise<void> =>
  withSamplePair(async (site) => {
    const tool = ngcpcfgOn(groundOfTest(site));
    const call = (args: readonly string[], situation = answering(RUNS)): Promise<Result> =>
      runAgainst(tool, args, situation);
    await call(["initialise"]);
    await call(["apply"]);
    await use({ config: site.configDirectory, root: site.root, call });
  });

const ordersIn = ({ asked }: Result): readonly string[] =>
  asked.map(({ what }) => what.replace("POST /v1/components/", ""));

const rtpengineConfig = ({ root }: Node): Promise<string> =>
  readFile(join(root, "etc/rtpengine/ngcp-rtpengine.conf"), "utf8");

const text = (lines: readonly string[]): string => lines.join("\n");

test("a change restarts the services that it feeds, and is committed when they run", async (t) => {
  await onNode(async (node) => {
    await node.call(["set", "qos.tos_rtp=96"]);
    const applied = await node.call(["apply", "softer media"]);
    t.is(applied.end, "done");
    t.deepEqual(ordersIn(applied), ["rtpengine/restart"]);
    t.deepEqual(applied.units, ["restart ngcp-ha.service"]);
    t.regex(text(applied.said), /Committed: softer media/);
    t.regex((await node.call(["log"])).said[0] ?? "", /softer media/);
    t.deepEqual((await node.call(["diff"])).said, []);
    t.regex(await rtpengineConfig(node), /96/);
  });
});

test("an unchanged tree touches no file and no service", async (t) => {
  await onNode(async ({ call }) => {
    const applied = await call(["apply"]);
    t.is(applied.end, "done");
    t.deepEqual([applied.asked, applied.units], [[], []]);
    t.regex(text(applied.said), /OK: {3}nothing to commit\./);
  });
});

test("a change without a message is refused, in the words that are known for it", async (t) => {
  await onNode(async ({ call }) => {
    await call(["set", "qos.tos_rtp=96"]);
    const refused = await call(["apply"]);
    t.is(refused.end, "failed");
    t.deepEqual(refused.complained, ["Error: Uncommitted configuration files found."]);
    t.deepEqual(refused.said, [
      "Please provide commit message, like: ngcpcfg apply 'summary of your changes'",
    ]);
  });
});

test("a service that fails with the new files runs with the old ones again, and nothing is committed", async (t) => {
  await onNode(async (node) => {
    const before = await rtpengineConfig(node);
    await node.call(["set", "qos.tos_rtp=96"]);
    const failed = await node.call(["apply", "softer media"], answering(FAILS));
    t.is(failed.end, "failed");
    t.deepEqual(ordersIn(failed), ["rtpengine/restart", "rtpengine/restart"]);
    t.regex(text(failed.complained), /rtpengine does not run with the new files/);
    t.is(await rtpengineConfig(node), before);
    t.notRegex(text((await node.call(["log"])).said), /softer media/);
  });
});

test("on the standby nothing is started that must not run there", async (t) => {
  await onNode(async ({ call }) => {
    await call(["set", "qos.tos_rtp=96"]);
    const applied = await call(["apply", "softer media"], answering(NOT_HERE));
    t.is(applied.end, "done");
    t.regex(text(applied.said), /rtpengine: not needed, it runs on the active node only/);
  });
});

test("what is left pending is told, and made up for by the next apply", async (t) => {
  await onNode(async ({ call }) => {
    await call(["set", "qos.tos_rtp=96"]);
    const later = await call(["apply", "softer media", "--no-restart"]);
    t.deepEqual([later.end, later.asked, later.units], ["done", [], []]);
    t.regex(
      text((await call(["status"])).said),
      /services run with older files[^]*ngcp-ha[^]*rtpengine/,
    );
    const applied = await call(["apply"]);
    t.deepEqual(ordersIn(applied), ["rtpengine/restart"]);
    t.deepEqual(applied.units, ["restart ngcp-ha.service"]);
    t.regex(text((await call(["status"])).said), /OK: {3}all run with the present files/);
  });
});

test("services restarts what is pending, and says so when there is nothing", async (t) => {
  await onNode(async ({ call }) => {
    await call(["set", "qos.tos_rtp=96"]);
    await call(["apply", "softer media", "--no-restart"]);
    t.is((await call(["services"], answering(FAILS))).end, "failed");
    const restarted = await call(["services"]);
    t.deepEqual([restarted.end, ordersIn(restarted)], ["done", ["rtpengine/restart"]]);
    t.regex(text((await call(["services"])).said), /all services run/);
    t.regex(text((await call(["show"])).said), /softer media[^]*\+ {2}tos_rtp: 96/);
  });
});

test("what was cut off between the files and the services is made up for", async (t) => {
  await onNode(async ({ call }) => {
    await call(["set", "qos.tos_rtp=96"]);
    // Nobody answers: as if the process had ended before it asked.
    const cutOff = await call(["apply", "softer media"], {});
    t.is(cutOff.end, "failed");
    const applied = await call(["apply", "softer media"]);
    t.deepEqual([applied.end, ordersIn(applied)], ["done", ["rtpengine/restart"]]);
  });
});

test("clean puts changes aside, keeps the modes of files, and says how to get them back", async (t) => {
  await onNode(async ({ call, config }) => {
    const file = join(config, "config.yml");
    const before = await readFile(file, "utf8");
    await chmod(file, 0o600);
    await call(["set", "qos.tos_rtp=96"]);
    await writeFile(join(config, "config.local.yml"), "qos: {tos_rtp: 32}\n");
    await call(["diff"]);
    const cleaned = await call(["clean"]);
    t.regex(text(cleaned.said), /Put aside: .*config\.yml[^]*config\.local\.yml[^]*stash pop/);
    t.is(await readFile(file, "utf8"), before);
    t.is((await stat(file)).mode & 0o777, 0o600);
    t.deepEqual((await call(["clean"])).said, ["OK:   nothing to clean."]);
  });
});

test("a build notes what runs with older files from then on", async (t) => {
  await onNode(async ({ call }) => {
    await call(["set", "qos.tos_rtp=96"]);
    t.deepEqual((await call(["build"])).asked, []);
    const applied = await call(["apply", "softer media"]);
    t.deepEqual(ordersIn(applied), ["rtpengine/restart"]);
  });
});

test("what was pending before a change that failed is pending after it", async (t) => {
  await onNode(async ({ call }) => {
    await call(["set", "kamailio.lb.flood_requests=40"]);
    await call(["apply", "more requests", "--no-restart"]);
    await call(["set", "qos.tos_rtp=96"]);
    const orders = { "lb/restart": FAILS, "rtpengine/restart": RUNS };
    const failed = await call(["apply", "softer media"], { answers: { orders } });
    t.is(failed.end, "failed");
    t.regex(text((await call(["status"])).said), /services run with older files[^]*lb/);
  });
});

test("a blank message is none", async (t) => {
  await onNode(async ({ call }) => {
    await call(["set", "qos.tos_rtp=96"]);
    t.deepEqual((await call(["apply", " "])).complained, [
      "Error: Uncommitted configuration files found.",
    ]);
  });
});

test("while another process changes the configuration, nobody else does", async (t) => {
  await onNode(async ({ call, root }) => {
    await writeFile(join(root, "run/ngcpcfg/lock"), await lockOf(process.pid));
    const refused = await call(["set", "qos.tos_rtp=96"]);
    t.regex(text(refused.complained), new RegExp(`NGCP_CONFIG_BUSY: .* process ${process.pid}`));
    t.is((await call(["get", "qos.tos_rtp"])).end, "done");
    await writeFile(join(root, "run/ngcpcfg/lock"), "999999999 1");
    t.is((await call(["set", "qos.tos_rtp=96"])).end, "done");
  });
});

test("an override beside a template is used in its place", async (t) => {
  await onNode(async (node) => {
    const folder = join(node.config, "templates/etc/sysctl.d");
    await writeFile(join(folder, "ngcp.conf.custom.eta"), "# ours: <%= it.appliance.node %>\n");
    t.is((await node.call(["apply", "our own settings"])).end, "done");
    t.is(await readFile(join(node.root, "etc/sysctl.d/ngcp.conf"), "utf8"), "# ours: sp1\n");
  });
});

test("a dry run says what would be done, and does nothing", async (t) => {
  await onNode(async (node) => {
    const before = await rtpengineConfig(node);
    await node.call(["set", "qos.tos_rtp=96"]);
    const dry = await node.call(["apply", "--dry-run"]);
    t.is(dry.end, "done");
    t.regex(text(dry.said), /TEST MODE: Would restart rtpengine/);
    t.is(await rtpengineConfig(node), before);
  });
});

const refuses = async (
  t: ExecutionContext,
  [content, file, message]: (typeof WRONG)[number],
): Promise<void> => {
  await onNode(async (node) => {
    const before = await rtpengineConfig(node);
    await writeFile(join(node.config, file), `${content}\n`);
    const refused = await node.call(["apply", "wrong"]);
    t.is(refused.end, "failed");
    t.regex(text(refused.complained), message);
    t.deepEqual([refused.asked, refused.units], [[], []]);
    t.is(await rtpengineConfig(node), before);
  });
};

for (const wrong of WRONG)
  test(`${wrong[0]} is refused, and everything stays as it was`, (t) => refuses(t, wrong));
