import { readdirSync } from "node:fs";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { valueAt } from "../../../appliance/config/edit.ts";
import { load } from "../../../appliance/config/load.ts";
import type { NodeName } from "../../../appliance/config/network.ts";
import { reference } from "../../../appliance/config/reference.ts";
import { ANSWER_PORT } from "../../../appliance/pair/conversation.ts";
import { planSite } from "../../../appliance/ngcpcfg/site.ts";
import { checkout, matchesGolden } from "../../golden/golden.ts";
import { OTHER_PAIRS, type OtherPair, withSamplePair } from "../../golden/sample.ts";

const RENDERED = "tests/golden/rendered";
/** Keys whose newer name may not stand beside them, and one that has one value. */
const NAMED_TWICE = /^(heartbeat|rtpproxy)\.|^general\.ngcp_type$/;

const NODES = ["sp1", "sp2"] as const;

const isGolden = async (
  t: ExecutionContext,
  node: NodeName,
  pair: OtherPair | undefined,
): Promise<void> => {
  const folder = join(RENDERED, pair ?? "", node);
  await withSamplePair(async (site) => {
    const { files, waiting } = await planSite({ ...site, node });
    t.deepEqual(waiting, []);
    for (const { path, content } of files) {
      matchesGolden(t, join(folder, path), content);
      t.notRegex(content, /\bundefined\b|\bNaN\b|\[object /, path);
    }
    const stored = readdirSync(join(checkout, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
    t.deepEqual(
      stored.sort(),
      files.map(({ path }) => join(checkout, folder, path)).sort(),
      "a rendered file is left over from a template that is gone",
    );
  }, pair);
};

for (const pair of [undefined, ...OTHER_PAIRS])
  for (const node of NODES)
    test(`every file of ${node} in the ${pair ?? "sample"} pair`, (t) => isGolden(t, node, pair));

test("the pair with every key says of each something else than its default", async (t) => {
  await withSamplePair(async ({ configDirectory, host }) => {
    const { config, configFile } = await load(configDirectory, "sp1", host);
    for (const { file, keys } of reference()) {
      if (file !== "config.yml") continue;
      for (const { key, standard } of keys) {
        const path = key.split(".");
        if (NAMED_TWICE.test(key)) continue;
        const hint = `tests/golden/pairs/full/config.yml says nothing new of ${key}`;
        t.not(JSON.stringify(valueAt(config, path)), standard, hint);
        t.not(valueAt(configFile.content, path), undefined, hint);
      }
    }
  }, "full");
});

test("systemd listens for the peer's questions where the peer asks them", async (t) => {
  await withSamplePair(async (site) => {
    const { files } = await planSite({ ...site, node: "sp1" });
    const socket = files.find(({ path }) => path.endsWith("/ngcp-pair.socket"));
    t.true(socket?.content.includes(`ListenStream=192.168.255.251:${ANSWER_PORT}\n`));
  });
});
