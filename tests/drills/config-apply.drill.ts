import { drill } from "./harness/drill.ts";
import type { NodeName } from "../../ops/lab/names.ts";
import { ExpectationError } from "./harness/expectation-error.ts";

const MEDIA = "/etc/rtpengine/ngcp-rtpengine.conf";
const USUAL = "184";
const OTHER = "96";

export const story = drill(
  "config-apply",
  "a value is changed and applied on both nodes, then the role is handed over; the value is in force, and the call goes on",
  async (pair) => {
    await pair.ready();
    const { active, standby } = pair;
    const apply = async (node: NodeName, tos: string): Promise<void> => {
      await pair.faults.must(node, ["ngcpcfg", "set", `qos.tos_rtp=${tos}`]);
      await pair.faults.must(node, ["ngcpcfg", "apply", `media with ${tos}`]);
    };
    pair.faults.undoLater("configuration", async () => {
      for (const node of [standby, active]) await apply(node, USUAL);
    });

    for (const node of [standby, active]) await apply(node, OTHER);
    await pair.expect.noTakeover({ forMs: 2000 });
    await pair.settled();
    await pair.faults.must(active, ["ngcp-make-standby"]);
    await pair.expect.active(standby, { withinMs: 2000 });
    const text = await pair.faults.must(standby, ["cat", MEDIA]);
    if (!new RegExp(`^tos *= *${OTHER}$`, "m").test(text))
      throw new ExpectationError(`${standby} does not work with the new value`);
    pair.expect.neverBothHeld();
    await pair.expect.callKept();
  },
);
