import { readFile } from "node:fs/promises";
import { join } from "node:path";
import test from "ava";
import { ApplianceError } from "../../../appliance/errors.ts";
import type { ConfigGround } from "../../../ops/commands/ngcpcfg/ground.ts";
import { ngcpcfgOn } from "../../../ops/commands/ngcpcfg/index.ts";
import { groundOfTest } from "../../config-ground.ts";
import { withSamplePair } from "../../golden/sample.ts";
import { runAgainst } from "../../unit/ops/daemon-of-a-test.ts";

const lines = (said: readonly string[]): string => said.join("\n");

class Refusal extends ApplianceError {
  override readonly name = "Refusal";
  readonly code = "NGCP_ENGINE_REFUSES";
}

test("what an engine would not take is not installed, and only what changed is shown to the engines", async (t) => {
  await withSamplePair(async (site) => {
    const shown: string[][] = [];
    const askEngines: ConfigGround["askEngines"] = ({ changed }) => {
      shown.push([...changed]);
      return shown.length === 2
        ? Promise.reject(new Refusal("etc/rtpengine/ngcp-rtpengine.conf.eta:9: no\nand no"))
        : Promise.resolve(["redis-server"]);
    };
    const tool = ngcpcfgOn(groundOfTest(site, { askEngines }));
    const call = (...args: string[]) => runAgainst(tool, args, {});
    await call("initialise");
    t.regex(
      lines((await call("apply", "--no-restart")).complained),
      /redis-server is not installed here/,
    );
    await call("set", "qos.tos_rtp=96");
    const refused = await call("apply", "softer media");
    t.deepEqual([refused.end, refused.asked, refused.units], ["failed", [], []]);
    t.regex(
      lines(refused.complained),
      /Error: etc\/rtpengine[^]*Error: and no[^]*NGCP_ENGINE_REFUSES/,
    );
    t.deepEqual(shown[1], ["/etc/rtpengine/ngcp-rtpengine.conf", "/etc/ngcp-ha/settings.json"]);
    t.regex(await readFile(join(site.root, "etc/rtpengine/ngcp-rtpengine.conf"), "utf8"), /184/);
    await call("check");
    t.true((shown[2]?.length ?? 0) > 10, "check shows all");
  });
});
