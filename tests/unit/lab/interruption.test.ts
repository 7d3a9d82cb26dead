import { spawn } from "node:child_process";
import { once } from "node:events";
import test from "ava";

const MODULE = new URL("../../../ops/lab/interruption.js", import.meta.url).href;

/** Runs until it is interrupted, and takes a moment to clean up. */
const PROGRAM = `
import { setTimeout as pause } from "node:timers/promises";
const { interruption } = await import(${JSON.stringify(MODULE)});
const interrupted = interruption();
console.log("runs");
try {
  await Promise.race([pause(20_000), interrupted]);
} catch (error) {
  console.log(error.message);
  await pause(300);
  console.log("cleaned up");
}
process.exit(0);
`;

test("what follows the first signal does not end the cleaning up", async (t) => {
  const child = spawn(process.execPath, ["--input-type=module", "-e", PROGRAM], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const said: string[] = [];
  child.stdout.setEncoding("utf8").on("data", (text: string) => said.push(text));
  await once(child.stdout, "data");
  child.kill("SIGTERM");
  await once(child.stdout, "data");
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) child.kill(signal);
  const [status] = (await once(child, "close")) as [number | null];
  t.is(status, 0);
  t.is(said.join(""), "runs\ninterrupted by SIGTERM\ncleaned up\n");
});
