import { setTimeout as pause } from "node:timers/promises";
import { drill } from "./harness/drill.ts";
import { ExpectationError } from "./harness/expectation-error.ts";

/** Before, in and after the installation of the files: an apply takes half a second to a second. */
const CUT_AFTER_MS = { least: 150, most: 900 };
const OTHER = "96";

/** Files that are fed by one value: of one set, the old or the new, they say the same. */
const VALUES = `
  sed -n 's/^tos *= *//p' /etc/rtpengine/ngcp-rtpengine.conf
  sed -n 's/.*"tos": *\\([0-9]*\\).*/\\1/p' /etc/ngcp-ha/settings.json`;

export const story = drill(
  "config-power-cut",
  "the power of the standby goes in the middle of ngcpcfg apply; it comes back with the old files or with the new ones",
  async (pair) => {
    await pair.settled();
    await pair.quiet();
    const { standby, faults } = pair;
    const change = (tos: string) => faults.must(standby, ["ngcpcfg", "set", `qos.tos_rtp=${tos}`]);
    const apply = ["ngcpcfg", "apply", "a value for the media"];
    // What this node had committed on its own is put aside: the pair works with one configuration again.
    faults.undoLater("configuration", async () => {
      await faults.must(standby, ["ngcpcfg", "pull", "--replace"]);
    });

    await change(OTHER);
    const cutOff = faults.exec(standby, apply).catch(() => undefined);
    const { least, most } = CUT_AFTER_MS;
    await pause(least + Math.random() * (most - least));
    await faults.cutPower(standby);
    await cutOff;
    await faults.powerOn(standby);
    await pair.settled();

    const values = await faults.must(standby, ["sh", "-c", VALUES]);
    if (!/^(\d+)\n\1$/.test(values.trim()))
      throw new ExpectationError(`${standby} has files of two sets: ${JSON.stringify(values)}`);
    await faults.must(standby, apply);
    pair.expect.noOutage();
    pair.expect.neverBothHeld();
  },
);
