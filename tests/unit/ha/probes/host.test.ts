import { mkdtemp, rm, stat, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import test from "ava";
import { Host, isApart } from "../../../../ha/probes/host.ts";
import type { DiskFact } from "../../../../ha/probes/fitness.ts";

/** A host whose rounds come when the test says so. */
const hostOf = (folder: string) => {
  const rounds: (() => void)[] = [];
  const host = new Host(
    () => 0,
    (_ms, work) => {
      rounds.push(work);
      return () => undefined;
    },
  );
  const probed = async (until: (disk: DiskFact) => boolean): Promise<DiskFact> => {
    for (;;) {
      const disk = host.facts().disks.find(({ path }) => path === folder);
      if (disk !== undefined && until(disk)) return disk;
      await delay(5);
    }
  };
  return { host, probed, round: () => rounds.forEach((work) => work()) };
};

const inFolder = async (body: (folder: string) => Promise<void>): Promise<void> => {
  const folder = await mkdtemp(join(tmpdir(), "host-"));
  try {
    await body(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
};

test("a folder is apart when it is a file system of its own, and not when it is missing", async (t) => {
  t.true(await isApart("/proc", tmpdir()));
  await inFolder(async (folder) => {
    t.false(await isApart(folder, tmpdir()));
    t.false(await isApart(join(folder, "missing"), "/proc"));
  });
});

test("a disk that is needed is written to at once, one block, and its room is known", async (t) => {
  await inFolder(async (folder) => {
    const { host, probed } = hostOf(folder);
    t.deepEqual(host.facts().disks, []);
    const file = join(folder, "probe");
    host.needs(file);
    const disk = await probed(({ freeBytes }) => freeBytes < Number.MAX_SAFE_INTEGER);
    t.is(disk.problem, "");
    while ((await stat(file)).size === 0) await delay(5);
    t.is((await stat(file)).size, 4_096);
  });
});

test("a disk that is full shows it with the next write, and again when there is room", async (t) => {
  await inFolder(async (folder) => {
    const { host, probed, round } = hostOf(folder);
    const file = join(folder, "probe");
    await symlink("/dev/full", file);
    host.start();
    host.needs(file);
    await probed(({ problem }) => problem === "ENOSPC");
    await rm(file);
    round();
    await probed(({ problem }) => problem === "");
    t.is((await stat(file)).size, 4_096);
  });
});
