import { writeFileSync } from "node:fs";
import { access, appendFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { ngcpcfgOn } from "../../../ops/commands/ngcpcfg/index.ts";
import { runTool } from "../../../ops/run-tool.ts";
import { groundOfTest } from "../../config-ground.ts";

/** ngcpcfg as a process of its own on the node below a folder: it waits at the stages that are named, until it is let go. */
const { SITE = "", WAIT_AT = "" } = process.env;
const site = JSON.parse(SITE) as Parameters<typeof groundOfTest>[0];
const LOOK_MS = 5;

const passing = async (stage: string): Promise<void> => {
  if (WAIT_AT !== stage) return;
  await writeFile(join(site.root, "waits"), "");
  for (;;) {
    try {
      await access(join(site.root, "go"));
      return;
    } catch {
      await pause(LOOK_MS);
    }
  }
};

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
  process.on(signal, () => writeFileSync(join(site.root, "heard"), ""));

const kept: string[] = [];
void runTool(
  ngcpcfgOn(
    groundOfTest(site, {
      askEngines: async () => {
        await passing("check");
        return [];
      },
      loadKernelSettings: () => passing("services"),
      openSyslog: () => ({
        write: (line) => void kept.push(line),
        end: () => appendFile(join(site.root, "syslog"), `${kept.join("\n")}\n`),
      }),
    }),
  ),
  "sp1",
);
