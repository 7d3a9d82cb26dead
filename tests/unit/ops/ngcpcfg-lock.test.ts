import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import { checkout } from "../../golden/golden.ts";

const CHILD = join(checkout, "dist/tests/unit/ops/lock-child.js");
/** Above every pid that the kernel gives out. */
const DEAD = "4194305";

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
