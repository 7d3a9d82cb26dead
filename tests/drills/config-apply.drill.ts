import { nowMs } from "../../ops/lab/phone/clock.ts";
import { drill } from "./harness/drill.ts";
import { ExpectationError } from "./harness/expectation-error.ts";

const USUAL = { tos: "184", deadMs: "250" };
const OTHER = { tos: "96", deadMs: "300" };

/** What the files of a node say by which its services and its daemon work. */
const VALUES = `
  sed -n 's/^tos *= *//p' /etc/rtpengine/ngcp-rtpengine.conf
  sed -n 's/.*"deadMs": *\\([0-9]*\\).*/\\1/p' /etc/ngcp-ha/settings.json`;

export const story = drill(
  "config-apply",
  "a value is changed, applied and pushed, then one that concerns both nodes with --pair, and the role is handed over; both are in force on both nodes, and the call goes on",
  async (pair) => {
    await pair.ready();
    const { active, standby, faults } = pair;
    const ngcpcfg = async (...words: readonly string[]): Promise<number> => {
      const at = nowMs();
      await faults.must(active, ["ngcpcfg", ...words]);
      return Math.round(nowMs() - at);
    };
    faults.undoLater("configuration", async () => {
      await ngcpcfg("set", `qos.tos_rtp=${USUAL.tos}`, `ha.dead_ms=${USUAL.deadMs}`);
      await ngcpcfg("apply", "--pair", "as before");
    });

    const unchangedMs = await ngcpcfg("apply");
    await ngcpcfg("set", `qos.tos_rtp=${OTHER.tos}`);
    const oneValueMs = await ngcpcfg("apply", `media with ${OTHER.tos}`);
    const pushMs = await ngcpcfg("push");
    await ngcpcfg("set", `ha.dead_ms=${OTHER.deadMs}`);
    const pairMs = await ngcpcfg("apply", "--pair", "more patience");
    process.stdout.write(
      `ngcpcfg: apply of nothing ${unchangedMs} ms, of one value ${oneValueMs} ms; push ${pushMs} ms; apply --pair ${pairMs} ms\n`,
    );

    await pair.expect.noTakeover({ forMs: 2000 });
    await pair.settled();
    await faults.must(active, ["ngcp-make-standby"]);
    await pair.expect.active(standby, { withinMs: 2000 });
    for (const node of [active, standby]) {
      const values = (await faults.must(node, ["sh", "-c", VALUES])).trim();
      if (values !== `${OTHER.tos}\n${OTHER.deadMs}`)
        throw new ExpectationError(`${node} works with ${JSON.stringify(values)}`);
    }
    pair.expect.neverBothHeld();
    await pair.expect.callKept();
  },
);
