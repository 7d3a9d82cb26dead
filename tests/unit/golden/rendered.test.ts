import { readdirSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { ANSWER_PORT } from "../../../appliance/pair/conversation.ts";
import { planSite } from "../../../appliance/ngcpcfg/site.ts";
import { checkout, matchesGolden } from "../../golden/golden.ts";
import { withSamplePair } from "../../golden/sample.ts";

const RENDERED = "tests/golden/rendered";

for (const node of ["sp1", "sp2"] as const) {
  test(`every file of ${node} in the sample pair`, async (t) => {
    await withSamplePair(async (site) => {
      const { files, waiting } = await planSite({ ...site, node });
      t.deepEqual(waiting, []);
      for (const { path, content } of files) {
        matchesGolden(t, join(RENDERED, node, path), content);
        t.notRegex(content, /\bundefined\b|\bNaN\b|\[object /, path);
      }
      const stored = readdirSync(join(checkout, RENDERED, node), {
        recursive: true,
        withFileTypes: true,
      })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name));
      t.deepEqual(
        stored.sort(),
        files.map(({ path }) => join(checkout, RENDERED, node, path)).sort(),
        "a rendered file is left over from a template that is gone",
      );
    });
  });
}

test("systemd listens for the peer's questions where the peer asks them", async (t) => {
  await withSamplePair(async (site) => {
    const { files } = await planSite({ ...site, node: "sp1" });
    const socket = files.find(({ path }) => path.endsWith("/ngcp-pair.socket"));
    t.true(socket?.content.includes(`ListenStream=192.168.255.251:${ANSWER_PORT}\n`));
  });
});
