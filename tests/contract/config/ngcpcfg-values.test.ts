import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import test from "ava";
import { onNode } from "./ngcpcfg-node.ts";

test("get prints what is in force: a value, a default, a section", async (t) => {
  await onNode(async ({ call }) => {
    t.deepEqual((await call("get", "ha.dead_ms")).said, ["250"]);
    t.deepEqual((await call("get", "ha.pingnodes.1")).said, ["192.0.2.2"]);
    t.deepEqual((await call("get", "qos")).said, ["tos_rtp: 184"]);
    t.deepEqual((await call("get", "hosts.sp2.peer")).said, ["sp1"]);
  });
});

test("get tells what is not set from what there is not, and no secret at all", async (t) => {
  await onNode(async ({ call }) => {
    t.like(await call("get", "ha.fence_peer_command"), {
      status: 1,
      complained: ["ha.fence_peer_command is not set"],
    });
    t.like(await call("get", "hosts.sp1.eth0.mtu"), {
      status: 1,
      complained: ["hosts.sp1.eth0.mtu is not set"],
    });
    t.like(await call("get", "ha.dead_m"), {
      status: 1,
      complained: ["NGCP_VALUE_REFUSED: ha.dead_m is an unknown key; did you mean ha.dead_ms?"],
    });
    const secret = await call("get", "pair.redis_password");
    t.is(secret.status, 1);
    t.regex(secret.complained.join(), /is a secret/);
    t.is((await call("get")).status, 2);
  });
});

test("set changes the file and keeps its mode and its comments", async (t) => {
  await onNode(async ({ call, config }) => {
    const file = join(config, "config.yml");
    const before = await readFile(file, "utf8");
    const { mode } = await stat(file);
    t.is((await call("set", "ha.dead_ms=300", "qos.tos_rtp=96")).status, 0);
    t.is(
      await readFile(file, "utf8"),
      before.replace("dead_ms: 250", "dead_ms: 300").replace("tos_rtp: 184", "tos_rtp: 96"),
    );
    t.is((await stat(file)).mode, mode);
    t.deepEqual((await call("get", "ha.dead_ms")).said, ["300"]);
    t.deepEqual((await call("set", "ha.dead_ms=300")).said, ["OK:   config.yml says so already."]);
  });
});

test("set refuses what would be wrong, with all that would be, and changes nothing", async (t) => {
  await onNode(async ({ call, config }) => {
    const file = join(config, "config.yml");
    const before = await readFile(file, "utf8");
    const refused = await call("set", "ha.dead_ms=201", "ha.pingnode=[192.0.2.1]");
    t.is(refused.status, 1);
    t.regex(
      refused.complained.join("\n"),
      /ha\.pingnode: is an unknown key; did you mean pingnodes/,
    );
    t.regex(refused.complained.at(-1) ?? "", /config\.yml is as it was/);
    t.is(await readFile(file, "utf8"), before);
    t.is((await call("set", "pair.redis_password=x")).status, 1);
    t.is((await call("set", "nonsense")).status, 1);
    t.is((await call("set")).status, 2);
  });
});

test("a value for one node goes into a file of that node, and del takes it out again", async (t) => {
  await onNode(async ({ call, config }) => {
    t.is((await call("set", "config.sp1.yml", "qos.tos_rtp=0")).status, 0);
    t.deepEqual((await call("get", "qos.tos_rtp")).said, ["0"]);
    t.is((await call("del", "config.sp1.yml", "qos.tos_rtp")).status, 0);
    t.is((await readFile(join(config, "config.sp1.yml"), "utf8")).trim(), "{}");
    t.deepEqual((await call("get", "qos.tos_rtp")).said, ["184"]);
  });
});

test("a key of network.yml is found there", async (t) => {
  await onNode(async ({ call, config }) => {
    t.is((await call("set", "hosts.sp1.eth0.mtu=1400")).status, 0);
    t.regex(await readFile(join(config, "network.yml"), "utf8"), /mtu: 1400/);
  });
});

test("a file that nobody reads is not written, and one that is broken is told with its place", async (t) => {
  await onNode(async ({ call, config }) => {
    t.regex(
      (await call("set", "confg.yml", "qos.tos_rtp=96")).complained.join(),
      /is no file of the/,
    );
    t.is((await call("set", "config.d/media.yml", "qos.tos_rtp=96")).status, 0);
    t.deepEqual((await call("get", "qos.tos_rtp")).said, ["96"]);
    t.is((await call("set", "config.d/media.yml", "qos.tos_rtp=999")).status, 1);
    t.is((await call("set", "qos.tos_rtp.deeper=1")).status, 1);
    await writeFile(join(config, "config.yml"), "ha: [\n");
    const broken = await call("set", "qos.tos_rtp=96");
    t.is(broken.status, 1);
    t.regex(broken.complained.join("\n"), /config\.yml:2:1/);
  });
});

test("what the editor leaves is taken when it is right", async (t) => {
  await onNode(
    async ({ call, config }) => {
      t.is((await call("edit")).status, 0);
      t.regex(await readFile(join(config, "config.yml"), "utf8"), /tos_rtp: 96/);
    },
    { edited: (text) => text.replace("tos_rtp: 184", "tos_rtp: 96") },
  );
});

test("what is wrong is refused, kept, and corrected from there", async (t) => {
  let times = 0;
  await onNode(
    async ({ call, config }) => {
      const refused = await call("edit", "config.yml");
      t.is(refused.status, 1);
      t.regex(refused.complained.join("\n"), /tos_rtp: is 999[^]*The text is kept/);
      t.regex(await readFile(join(config, "config.yml"), "utf8"), /tos_rtp: 184/);
      const corrected = await call("edit", "config.yml");
      t.deepEqual(
        [corrected.status, corrected.said[0]],
        [0, "Going on with the text of config.yml that was not taken."],
      );
      t.regex(await readFile(join(config, "config.yml"), "utf8"), /tos_rtp: 99\n/);
      t.is((await call("edit", "constants.yml")).status, 1);
    },
    {
      edited: (text) => {
        times += 1;
        return times === 1 ? text.replace("184", "999") : text.replace("999", "99");
      },
    },
  );
});

test("the reference has every key, and finds one", async (t) => {
  await onNode(
    async ({ call }) => {
      t.deepEqual((await call("reference", "tos_rtp")).said, [
        "# config.yml",
        "qos.tos_rtp",
        "    TOS byte of the media packets; 184 is expedited forwarding.",
        "    allowed: a whole number from 0 to 255",
        "    default: 184",
      ]);
      t.is((await call("reference", "nonsense")).status, 1);
      t.like(JSON.parse((await call("reference", "--schema")).said.join("\n")), {
        properties: { ha: { properties: { dead_ms: { default: 250 } } } },
      });
    },
    { isRoot: false },
  );
});
