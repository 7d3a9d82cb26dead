import { access, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import test from "ava";
import { withTwoNodes } from "./two-nodes.ts";

const MEDIA = "etc/rtpengine/ngcp-rtpengine.conf";
const REDIS = "etc/redis/ngcp-redis.conf";
const LOOK_MS = 5;

const whenThere = async (path: string): Promise<void> => {
  for (;;) {
    try {
      await access(path);
      return;
    } catch {
      await pause(LOOK_MS);
    }
  }
};

test.serial(
  "a join that takes other secrets puts those into force, and no edit that nobody applied",
  async (t) => {
    await withTwoNodes(async ({ sp1, sp2 }) => {
      const secrets = await sp1.read("etc/ngcp-config/constants.yml");
      const others = secrets.replace("redisPasswordOfTheSample", "redisPasswordOfTheOther");
      await writeFile(join(sp2.config, "constants.yml"), others);
      await sp2.ngcpcfg("apply");
      t.regex(await sp2.read(REDIS), /requirepass redisPasswordOfTheOther/);
      await sp2.ngcpcfg("set", "qos.tos_rtp=96");
      const before = await sp2.ngcpcfg("log");

      const codeFile = join(sp1.root, "code");
      const created = sp1.pair("create", "--code-file", codeFile);
      await whenThere(codeFile);
      const joined = await sp2.pair("join", "--replace", "--code-file", codeFile);
      t.is(joined.end, "done", joined.complained);
      t.is((await created).end, "done");

      t.regex(await sp2.read(REDIS), /requirepass redisPasswordOfTheSample/);
      t.regex(await sp2.read(MEDIA), /tos = 184/);
      t.is((await sp2.ngcpcfg("get", "qos.tos_rtp")).said, "96", "the edit waits for its apply");
      t.deepEqual(await sp2.ngcpcfg("log"), before);
      const status = (await sp1.ngcpcfg("status")).said;
      t.regex(status, /not committed on sp2: .*config\.yml/);
      t.notRegex(status, /not what the commit of sp2 says|other secrets/);

      const applied = await sp2.ngcpcfg("apply", "softer media");
      t.is(applied.end, "done", applied.complained);
      t.regex(await sp2.read(MEDIA), /tos = 96/);
      const record = await readFile(join(sp2.root, "var/lib/ngcpcfg/in-force.json"), "utf8");
      t.truthy((JSON.parse(record) as { tree: string | null }).tree);
    });
  },
);
