import { mkdir, rmdir } from "node:fs/promises";
import { join } from "node:path";
import { alone } from "../../../ops/commands/ngcpcfg/lock.ts";

/** Waits for the lock of a folder, and ends with status 1 when somebody else is in there with it. */
const [directory = ""] = process.argv.slice(2);
const WAIT_MS = 60_000;
await alone(
  directory,
  async () => {
    await mkdir(join(directory, "inside"));
    await rmdir(join(directory, "inside"));
  },
  WAIT_MS,
);
