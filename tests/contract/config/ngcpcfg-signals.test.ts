import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { access, readFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import test from "ava";
import type { Site } from "../../../appliance/ngcpcfg/site.ts";
import { checkout } from "../../golden/golden.ts";
import { withSamplePair } from "../../golden/sample.ts";

const CHILD = join(checkout, "dist/tests/contract/config/ngcpcfg-child.js");
const LOOK_MS = 5;
type Stage = "check" | "services" | "";

const started = (site: Omit<Site, "node">, waitAt: Stage): ChildProcess =>
  spawn(process.execPath, [CHILD, "build"], {
    env: { ...process.env, SITE: JSON.stringify(site), WAIT_AT: waitAt },
    stdio: ["ignore", "pipe", "pipe"],
  });

/** @throws when the child ends before it has said that it waits, or has heard a signal */
const says = async (
  word: "waits" | "heard",
  site: Omit<Site, "node">,
  child: ChildProcess,
): Promise<void> => {
  for (;;) {
    if (child.exitCode !== null) throw new Error(`the child ended with ${child.exitCode}`);
    try {
      await access(join(site.root, word));
      return;
    } catch {
      await pause(LOOK_MS);
    }
  }
};

const endOf = async (child: ChildProcess): Promise<number | null> => {
  const [status] = (await once(child, "close")) as [number | null];
  return status;
};

const textOf = (child: ChildProcess): { read: () => string } => {
  let text = "";
  for (const stream of [child.stdout, child.stderr])
    stream?.on("data", (chunk: Buffer) => (text += chunk.toString()));
  return { read: () => text };
};

const SETTINGS = "etc/ngcp-ha/settings.json";

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  test.serial(
    `${signal} before the first file is written ends it, and nothing is changed`,
    async (t) => {
      await withSamplePair(async (site) => {
        const child = started(site, "check");
        const text = textOf(child);
        await says("waits", site, child);
        child.kill(signal);
        await says("heard", site, child);
        await writeFile(join(site.root, "go"), "");
        t.is(await endOf(child), 1, text.read());
        t.regex(text.read(), /NGCP_INTERRUPTED: ended by a signal; nothing was changed/);
        await t.throwsAsync(access(join(site.root, SETTINGS)), { code: "ENOENT" });
        t.deepEqual(await readdir(join(site.root, "run/ngcpcfg")), []);
      });
    },
  );

  test.serial(
    `${signal}, again and again, after the files are in place does not stop it`,
    async (t) => {
      await withSamplePair(async (site) => {
        const child = started(site, "services");
        const text = textOf(child);
        await says("waits", site, child);
        child.kill(signal);
        child.kill(signal);
        await says("heard", site, child);
        await writeFile(join(site.root, "go"), "");
        t.is(await endOf(child), 0, text.read());
        t.regex(text.read(), /Warning: a signal came in between; all was brought to its end/);
        await access(join(site.root, SETTINGS));
        t.false((await readdir(join(site.root, "run/ngcpcfg"))).includes("lock"));
      });
    },
  );
}

test.serial("a reader that leaves after the first line does not stop what was begun", async (t) => {
  await withSamplePair(async (site) => {
    const child = started(site, "check");
    await says("waits", site, child);
    child.stdout?.destroy();
    child.stderr?.destroy();
    await writeFile(join(site.root, "go"), "");
    t.is(await endOf(child), 0);
    await access(join(site.root, SETTINGS));
    t.regex(
      await readFile(join(site.root, "syslog"), "utf8"),
      /^<6>Generating \/etc\/ngcp-ha\/settings\.json: OK$/m,
    );
  });
});
