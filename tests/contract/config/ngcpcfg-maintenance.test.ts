import test from "ava";
import { ngcpcfgOn } from "../../../ops/commands/ngcpcfg/index.ts";
import { groundOfTest } from "../../config-ground.ts";
import { withSamplePair } from "../../golden/sample.ts";
import { runAgainst } from "../../unit/ops/daemon-of-a-test.ts";

test("maintenance is set in its file, and shown by status until it is over", async (t) => {
  await withSamplePair(async (site) => {
    const tool = ngcpcfgOn(groundOfTest(site));
    const call = (...args: string[]) => runAgainst(tool, args, {});
    await call("initialise");
    const status = async (): Promise<string> => (await call("status")).said.join("\n");
    t.regex(await status(), /Checking maintenance:\nOK: {3}nobody works on this node/);
    t.is((await call("set", "maintenance.yml", "general.maintenance=yes")).end, "done");
    t.regex(await status(), /Checking maintenance:\nACTION_NEEDED: somebody works on this node/);
    const findings = JSON.parse((await call("status", "--json")).said.join("\n")) as unknown[];
    t.deepEqual(
      findings.filter((finding) => JSON.stringify(finding).includes('"maintenance"')),
      [
        {
          check: "maintenance",
          ok: false,
          says: "somebody works on this node: -> when that is over, execute 'ngcpcfg set maintenance.yml general.maintenance=no'",
          lines: ["general.maintenance: yes"],
        },
      ],
    );
    await call("set", "maintenance.yml", "general.maintenance=no");
    t.regex(await status(), /nobody works on this node/);
  });
});
