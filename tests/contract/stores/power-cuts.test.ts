import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { StorePair } from "./bed.ts";
import { StoreStory } from "./story.ts";

/* What becomes of the stores when the active node loses power, on the servers of Debian 13. */

const pair = new StorePair("powercut");
const { sameRows, openBoth, settled, powerCut, comesBack } = new StoreStory(pair);

test.before(async () => {
  await Promise.all([pair.bed(1).start(), pair.bed(2).start()]);
  await Promise.all([pair.agent(1).ask("probe", "closed"), pair.agent(2).ask("probe", "closed")]);
  await openBoth(1);
  await settled(1);
});

test.after.always(() => pair.remove());

for (const round of [1, 2, 3]) {
  for (const dead of [1, 2] as const) {
    test.serial(`power cut of sp${dead} under 8 writers, and back (${round})`, async (t) => {
      await powerCut(t, dead);
      await comesBack(t, dead);
    });
  }
}

test.serial(
  "what was set before the power cut to cover what was cut off is not believed",
  async (t) => {
    await powerCut(t, 1);
    await pair.bed(1).start();
    const own = Number(/1-1-(\d+)/.exec(pair.bed(1).sql("SELECT @@gtid_binlog_pos"))?.[1]);
    pair.bed(1).sql(`SET GLOBAL gtid_slave_pos = '1-1-${own + 3}'`);
    await pair.untilInSync(1, "closed");
    await settled(2);
    await sameRows(t);
  },
);

test.serial(
  "a position that is not the end of what recovery kept is found, and said",
  async (t) => {
    const bed = pair.bed(1);
    const cut = join(bed.root, "var/lib/mysql/ngcp-cut");
    t.false(existsSync(cut));
    const [first = ""] = bed.sql("SHOW BINARY LOGS").split("\t");
    await bed.stop("SIGTERM");
    await bed.start();
    writeFileSync(cut, `${first}\n`);
    bed.chroot("/usr/lib/ngcp/mysql-cut-check");
    t.is(readFileSync(cut, "utf8"), "miscounted\n");
    await pair.untilDetail(1, "closed", /counts on from a position .* copied anew from sp2/);
    t.true((await pair.agent(1).ask("copiesAsked")) > 0);
    rmSync(cut);
    await pair.untilInSync(1, "closed");
    await settled(2);
  },
);
