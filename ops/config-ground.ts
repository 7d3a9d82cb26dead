import { readdir } from "node:fs/promises";
import { hostname, networkInterfaces } from "node:os";
import { checkWithEngines } from "../appliance/ngcpcfg/engine-check.ts";
import { reloadWith } from "../appliance/ngcpcfg/reload.ts";
import { feed, run, runAttached } from "../appliance/system/command.ts";
import type { ConfigGround } from "./commands/ngcpcfg/ground.ts";

/** May have options behind it, as in `code --wait`. */
const editorOf = ({ VISUAL, EDITOR }: NodeJS.ProcessEnv): readonly string[] =>
  (
    [VISUAL, EDITOR].find((words) => words !== undefined && words.trim() !== "") ??
    "sensible-editor"
  )
    .trim()
    .split(/\s+/);

const KERNEL_SETTINGS_MS = 10_000;
const RUNTIME_DIRECTORY = "/run/ngcpcfg";

/** The machine that this process runs on. NGCP_SHARE takes the place of /usr/share/ngcp in a checkout. */
export const groundOfThisMachine = (): ConfigGround => ({
  site: {
    host: hostname(),
    configDirectory: "/etc/ngcp-config",
    shareDirectory: process.env["NGCP_SHARE"] ?? "/usr/share/ngcp",
    root: "/",
  },
  stateDirectory: "/var/lib/ngcpcfg",
  runtimeDirectory: RUNTIME_DIRECTORY,
  isRoot: process.getuid?.() === 0,
  machine: async () => {
    const addresses = networkInterfaces();
    return {
      devices: await readdir("/sys/class/net"),
      addressesOf: (device) => addresses[device]?.map(({ address }) => address) ?? [],
    };
  },
  openEditor: async (path) => {
    const [program = "", ...options] = editorOf(process.env);
    await runAttached(program, [...options, path]);
  },
  askEngines: (shown) => checkWithEngines(shown, { root: "/", directory: RUNTIME_DIRECTORY }),
  openSyslog: () => feed("logger", ["--tag", "ngcpcfg", "--prio-prefix"]),
  reload: reloadWith(),
  loadKernelSettings: async (path) => {
    await run("sysctl", ["--quiet", "--load", path], {
      timeoutMs: KERNEL_SETTINGS_MS,
      apart: true,
    });
  },
});
