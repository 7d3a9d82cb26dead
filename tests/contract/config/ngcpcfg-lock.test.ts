import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import { alone, lockOf } from "../../../ops/commands/ngcpcfg/lock.ts";
import { checkout } from "../../golden/golden.ts";

const CHILD = join(checkout, "dist/tests/contract/config/lock-child.js");
/** Above every pid that the kernel gives out. */
const DEAD = "4194305 1";

const inFolder = async (use: (directory: string) => Promise<void>): Promise<void> => {
  const directory = await mkdtemp(join(tmpdir(), "tandem-lock-"));
  try {
    await use(directory);
  } finally {
    await rm(directory, { recursive: true });
  }
};

test("a process holds the lock, and a later one with its number does not", async (t) => {
  await inFolder(async (directory) => {
    const path = join(directory, "lock");
    const work = (): Promise<string> => Promise.resolve("done");
    const held = await lockOf(process.ppid);
    t.regex(held, new RegExp(`^${process.ppid} [1-9]\\d*$`));
    await writeFile(path, held);
    await t.throwsAsync(alone(directory, work), { code: "NGCP_CONFIG_BUSY" });
    t.is(await readFile(path, "utf8"), held);

    // The kernel has given the number away again: the same process number, begun at another time.
    await writeFile(path, `${process.ppid} 1`);
    t.is(await alone(directory, work), "done");
    t.deepEqual(await readdir(directory), []);
  });
});

test("a lock in which nothing stands is nobody's", async (t) => {
  await inFolder(async (directory) => {
    await writeFile(join(directory, "lock"), "");
    t.is(await alone(directory, () => Promise.resolve("done")), "done");
  });
});

test("of several that find the lock of a dead process, each is alone in its turn", async (t) => {
  const directory = await mkdtemp(join(tmpdir(), "tandem-lock-"));
  await writeFile(join(directory, "lock"), DEAD);
  const ends = await Promise.all(
    Array.from({ length: 6 }, async () => {
      const child = spawn(process.execPath, [CHILD, directory], { stdio: "inherit" });
      const [status] = (await once(child, "exit")) as [number | null];
      return status;
    }),
  );
  t.deepEqual(ends, [0, 0, 0, 0, 0, 0]);
  t.deepEqual(await readdir(directory), []);
  await rm(directory, { recursive: true });
});
