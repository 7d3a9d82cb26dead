import test from "ava";
import { ngcpcfgOn } from "../../../ops/commands/ngcpcfg/index.ts";
import { groundOfTest } from "../../config-ground.ts";
import { withSamplePair } from "../../golden/sample.ts";
import { runAgainst } from "../../unit/ops/daemon-of-a-test.ts";

test("what changes the node is kept in syslog, with priorities; what only looks is not", async (t) => {
  await withSamplePair(async (site) => {
    const kept: string[] = [];
    let open = 0;
    const openSyslog = () => {
      open += 1;
      return {
        write: (line: string): void => void kept.push(line),
        end: () => {
          open -= 1;
          return Promise.resolve();
        },
      };
    };
    const tool = ngcpcfgOn(groundOfTest(site, { openSyslog }));
    const call = (...args: string[]) => runAgainst(tool, args, {});
    await call("initialise");
    await call("apply", "--no-restart");
    t.true(kept.includes("<6>yml configs were validated successfully"));
    t.true(kept.includes("<6>Generating /etc/redis/ngcp-redis.conf: OK"));
    t.regex(kept.join("\n"), /^<4>Warning: network\.yml:/m);
    kept.length = 0;
    await call("set", "qos.tos_rtp=96");
    await call("apply");
    t.true(kept.includes("<3>Error: Uncommitted configuration files found."));
    kept.length = 0;
    await call("edit");
    t.deepEqual(kept, ["<6>OK:   config.yml says so already."]);
    kept.length = 0;
    await call("status");
    await call("get", "qos.tos_rtp");
    t.deepEqual([kept, open], [[], 0]);
  });
});
