import { execFileSync } from "node:child_process";
import { stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import test from "ava";
import { applianceInForce } from "../../../appliance/ngcpcfg/site.ts";
import { converse } from "../../../appliance/pair/conversation.ts";
import { keysOf } from "../../../appliance/pair/rotation.ts";
import { lockOf } from "../../../ops/commands/ngcpcfg/lock.ts";
import { VERSION } from "../../../appliance/version.ts";
import { probeConfiguration } from "../../../ha/probes/configuration.ts";
import { failing } from "../../unit/ops/daemon-of-a-test.ts";
import { MEDIA, withTwoNodes, type TestNode } from "./two-nodes.ts";

const FAILS = failing("rtpengine");

const HEAD = /at ([0-9a-f]{12})/;

const headOf = async ({ ngcpcfg }: TestNode): Promise<string | undefined> =>
  HEAD.exec((await ngcpcfg("status")).said)?.[1];

const changed = async ({ ngcpcfg }: TestNode, value: number): Promise<void> => {
  await ngcpcfg("set", `qos.tos_rtp=${value}`);
  await ngcpcfg("apply", `media with ${value}`);
};

test.serial(
  "a push brings the peer to this node's commit and puts it into force there, and a second one does nothing",
  async (t) => {
    await withTwoNodes(async ({ sp1, sp2 }) => {
      await changed(sp1, 96);
      const pushed = await sp1.ngcpcfg("push");
      t.is(pushed.end, "done", pushed.complained);
      t.regex(pushed.said, /sp2: Generating \/etc\/rtpengine\/ngcp-rtpengine\.conf: OK/);
      t.deepEqual(sp2.orders, ["ngcp-ha.service", "rtpengine"]);
      t.true(sp2.kept.includes("<6>Generating /etc/rtpengine/ngcp-rtpengine.conf: OK"));
      t.regex(await sp2.read(MEDIA), /tos = 96/);
      t.is(await headOf(sp2), await headOf(sp1));
      t.regex((await sp2.ngcpcfg("log")).said, /media with 96/);
      t.is((await sp2.ngcpcfg("diff")).said, "");

      sp2.orders.length = 0;
      t.is((await sp1.ngcpcfg("push")).end, "done");
      t.deepEqual(sp2.orders, []);
      await changed(sp1, 32);
      t.is((await sp1.ngcpcfg("push")).end, "done");
      t.regex(await sp2.read(MEDIA), /tos = 32/);
    });
  },
);

test.serial("status tells how the other node differs, until a push ends it", async (t) => {
  await withTwoNodes(async ({ sp1, sp2 }) => {
    t.regex((await sp1.ngcpcfg("status")).said, /OK: {3}sp2 has the same, at .*, committed apart/);
    await changed(sp1, 96);
    await writeFile(join(sp2.root, MEDIA), "by hand\n");
    for (const [node, other] of [
      [sp1, sp2],
      [sp2, sp1],
    ] as const)
      t.regex(
        (await node.ngcpcfg("status")).said,
        new RegExp(
          `ACTION_NEEDED: the other node differs[^]*${other.name} is at .*${node.name} at `,
        ),
      );
    t.regex(
      (await sp1.ngcpcfg("status")).said,
      /not what the commit of sp2 says: \/etc\/rtpengine\/ngcp-rtpengine\.conf/,
    );
    t.is((await sp1.ngcpcfg("push")).end, "done");
    t.regex((await sp2.ngcpcfg("status")).said, /OK: {3}sp1 has the same, at [0-9a-f]{12}$/m);
    await sp1.hangUp();
    t.regex(
      (await sp2.ngcpcfg("status")).said,
      /ACTION_NEEDED: what the other node has is not known[^]*NGCP_PAIR_LINK/,
    );
  });
});

test.serial("a daemon is told of what is in force as soon as it is", async (t) => {
  await withTwoNodes(async ({ sp1, sp2 }) => {
    const looks = [sp1.looks, sp2.looks];
    await changed(sp1, 96);
    await sp1.ngcpcfg("push");
    t.deepEqual([sp1.looks, sp2.looks], [(looks[0] ?? 0) + 1, (looks[1] ?? 0) + 1]);
    const { id, drifted } = await probeConfiguration(join(sp2.root, "var/lib/ngcpcfg"));
    t.is(id, (await probeConfiguration(join(sp1.root, "var/lib/ngcpcfg"))).id);
    t.is(id?.length, 12);
    // The files of the test are not at their real places, so each of them counts as changed.
    t.true(drifted.includes("/etc/ngcp-ha/settings.json"));
  });
});

test.serial("a dry run says what the peer would do", async (t) => {
  await withTwoNodes(async ({ sp1, sp2 }) => {
    await changed(sp1, 96);
    const before = await headOf(sp2);
    const dry = await sp1.ngcpcfg("push", "--dry-run");
    t.is(dry.end, "done");
    t.regex(dry.said, /sp2: TEST MODE: Would restart rtpengine/);
    t.notRegex(await sp2.read(MEDIA), /tos = 96/);
    t.is(await headOf(sp2), before);
  });
});

test.serial("a pull brings this node to the peer's commit", async (t) => {
  await withTwoNodes(async ({ sp1, sp2 }) => {
    await changed(sp1, 96);
    const pulled = await sp2.ngcpcfg("pull");
    t.is(pulled.end, "done", pulled.complained);
    t.regex(await sp2.read(MEDIA), /tos = 96/);
    t.is(await headOf(sp2), await headOf(sp1));
  });
});

test.serial(
  "a peer that is ahead, has another history or changes of its own is not overwritten",
  async (t) => {
    await withTwoNodes(async ({ sp1, sp2 }) => {
      await changed(sp1, 96);
      await sp1.ngcpcfg("push");
      await changed(sp2, 32);
      const ahead = await sp1.ngcpcfg("push");
      t.is(ahead.end, "refused");
      t.regex(ahead.complained, /NGCP_HISTORY_AHEAD: sp2 has a newer commit: ngcpcfg pull/);

      await changed(sp1, 48);
      const apart = await sp1.ngcpcfg("push");
      t.is(apart.end, "refused");
      t.regex(apart.complained, /NGCP_HISTORY_DIVERGED: sp2 stands at .* --replace/);
      t.regex(await sp2.read(MEDIA), /tos = 32/);

      await sp2.ngcpcfg("set", "qos.tos_rtp=64");
      const dirty = await sp1.ngcpcfg("push");
      t.is(dirty.end, "refused");
      t.regex(dirty.complained, /NGCP_HISTORY_UNCOMMITTED: sp2 has .*\(M config\.yml\).*clean/);
      t.is((await sp2.ngcpcfg("get", "qos.tos_rtp")).said, "64");
    });
  },
);

test.serial("with --replace the peer gives up what it had, and keeps it aside", async (t) => {
  await withTwoNodes(async ({ sp1, sp2 }) => {
    await changed(sp1, 96);
    await changed(sp2, 32);
    const before = await headOf(sp2);
    await sp2.ngcpcfg("set", "qos.tos_rtp=64");
    const replaced = await sp1.ngcpcfg("push", "--replace");
    t.is(replaced.end, "done", replaced.complained);
    t.regex(await sp2.read(MEDIA), /tos = 96/);
    t.is((await sp2.ngcpcfg("get", "qos.tos_rtp")).said, "96");
    t.regex(
      (await sp2.ngcpcfg("show", `before-${before ?? ""}`)).said,
      /media with 32[^]*\+ {2}tos_rtp: 32/,
    );
  });
});

test.serial(
  "secrets that differ are carried beside the commits, for root alone, and printed nowhere",
  async (t) => {
    await withTwoNodes(async ({ sp1, sp2 }) => {
      const constants = await sp1.read("etc/ngcp-config/constants.yml");
      const other = constants.replace("redisPasswordOfTheSample", "redisPasswordOfTheOther");
      await writeFile(join(sp1.config, "constants.yml"), other);
      await sp1.ngcpcfg("apply");
      const pushed = await sp1.ngcpcfg("push");
      t.is(pushed.end, "done", pushed.complained);
      t.is(await sp2.read("etc/ngcp-config/constants.yml"), other);
      t.is((await stat(join(sp2.config, "constants.yml"))).mode & 0o777, 0o600);
      t.true(sp2.orders.includes("redis"));
      t.notRegex(pushed.said + pushed.complained, /PasswordOfThe/);
    });
  },
);

test.serial(
  "a service that fails on the peer leaves the peer as it was, and the push can be done again",
  async (t) => {
    await withTwoNodes(async ({ sp1, sp2 }) => {
      const [before, media] = [await headOf(sp2), await sp2.read(MEDIA)];
      await changed(sp1, 96);
      const { answer } = sp2;
      sp2.answer = FAILS;
      const failed = await sp1.ngcpcfg("push");
      t.is(failed.end, "failed");
      t.regex(failed.complained, /sp2: Error: rtpengine does not run with the new files/);
      t.regex(failed.complained, /sp2 did not take .* as it was before/);
      t.is(await sp2.read(MEDIA), media);
      t.is(await headOf(sp2), before);
      t.is((await sp2.ngcpcfg("diff")).said, "");
      sp2.answer = answer;
      t.is((await sp1.ngcpcfg("push")).end, "done");
      t.is(await headOf(sp2), await headOf(sp1));
    });
  },
);

test.serial(
  "while somebody changes the configuration of the peer, a push is refused with the words of its lock",
  async (t) => {
    await withTwoNodes(async ({ sp1, sp2 }) => {
      await changed(sp1, 96);
      await writeFile(join(sp2.root, "run/ngcpcfg/lock"), await lockOf(process.ppid));
      const refused = await sp1.ngcpcfg("push");
      t.is(refused.end, "failed");
      t.regex(
        refused.complained,
        new RegExp(`NGCP_PEER_REFUSED: .* another ngcpcfg .* process ${process.ppid}`),
      );
    });
  },
);

test.serial("a parcel that does not arrive whole changes nothing", async (t) => {
  await withTwoNodes(async ({ sp1, sp2 }) => {
    const { self, peer, secrets } = await applianceInForce(sp1.root);
    const before = await sp2.ngcpcfg("status");
    await t.throwsAsync(
      converse(
        { own: self.crosslink.address, peer: peer.crosslink.address },
        keysOf(secrets?.heartbeatKeys ?? []),
        (channel) => {
          const commit = "0".repeat(40);
          const version = VERSION;
          const parcel = { commit, from: commit, version, bundleBytes: 9_000, constants: null };
          const options = { replace: true, dryRun: false, restart: true };
          channel.send({ ask: "take", parcel, options });
          channel.send({ piece: Buffer.from("the beginning of a bundle").toString("base64") });
          throw new Error("the cable is pulled");
        },
      ),
      { message: "the cable is pulled" },
    );
    t.deepEqual(await sp2.ngcpcfg("status"), before);
    await changed(sp1, 96);
    t.is((await sp1.ngcpcfg("push")).end, "done");
  });
});

test.serial(
  "what a power cut interrupts while the commit is taken over is finished at boot",
  async (t) => {
    await withTwoNodes(async ({ sp1, sp2 }) => {
      const before = await headOf(sp2);
      await changed(sp1, 96);
      await sp1.ngcpcfg("push");
      const git = (...words: readonly string[]): string =>
        execFileSync("git", ["-C", sp2.config, ...words], { encoding: "utf8" }).trim();
      const commit = git("rev-parse", "HEAD");
      git("reset", "--quiet", "--hard", before ?? "");
      await writeFile(join(sp2.config, ".git/index.lock"), "");
      const owners = [{ path: "config.yml", mode: 0o600, uid: 0, gid: 0 }];
      const record = JSON.stringify({ commit, owners });
      await writeFile(join(sp2.root, "var/lib/ngcpcfg/adopt.json"), record);
      const recovered = await sp2.ngcpcfg("recover");
      t.regex(recovered.said, new RegExp(`Finishing the step to ${commit}: OK`));
      t.is(await headOf(sp2), await headOf(sp1));
      t.is((await stat(join(sp2.config, "config.yml"))).mode & 0o777, 0o600);
      t.regex((await sp2.ngcpcfg("recover")).said, /no installation was interrupted/);
    });
  },
);

test.serial("a peer that does not answer is told as that", async (t) => {
  await withTwoNodes(async ({ sp1, sp2 }) => {
    await changed(sp1, 96);
    await sp2.hangUp();
    const pushed = await sp1.ngcpcfg("push");
    t.is(pushed.end, "unreachable");
    t.regex(pushed.complained, /NGCP_PAIR_LINK: .*this can be done again/);
  });
});

test.serial("a commit that is not in force here is not pushed", async (t) => {
  await withTwoNodes(async ({ sp1 }) => {
    await sp1.ngcpcfg("set", "qos.tos_rtp=96");
    await sp1.ngcpcfg("commit", "not tried here");
    const refused = await sp1.ngcpcfg("push");
    t.is(refused.end, "refused");
    t.regex(
      refused.complained,
      /NGCP_COMMIT_NOT_IN_FORCE: .*ngcp-rtpengine\.conf.*apply there first/,
    );
  });
});
