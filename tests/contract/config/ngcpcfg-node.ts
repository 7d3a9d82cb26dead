import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { connectControl } from "../../../ha/control/client.ts";
import { ngcpcfgOn } from "../../../ops/commands/ngcpcfg/index.ts";
import { EXIT_STATUS } from "../../../ops/exit-status.ts";
import { endOf } from "../../../ops/run-tool.ts";
import { unitsOfSystemd } from "../../../ops/units.ts";
import { groundOfTest } from "../../config-ground.ts";
import { withSamplePair } from "../../golden/sample.ts";

/** What the operator does to the text in the editor. */
type Edit = (text: string) => string;

interface Call {
  readonly status: number;
  readonly said: readonly string[];
  readonly complained: readonly string[];
  readonly kernelSettings: readonly string[];
}

interface Node {
  readonly root: string;
  readonly config: string;
  readonly call: (...args: readonly string[]) => Promise<Call>;
}

/** ngcpcfg on a node of the sample pair, in a folder of its own. */
export const onNode = async (
  use: (node: Node) => Promise<void>,
  {
    node = "sp1",
    isRoot = true,
    edited = (text: string): string => text,
  }: { readonly node?: string; readonly isRoot?: boolean; readonly edited?: Edit } = {},
): Promise<void> => {
  await withSamplePair(async (site) => {
    const call = async (...args: readonly string[]): Promise<Call> => {
      const said: string[] = [];
      const complained: string[] = [];
      const kernelSettings: string[] = [];
      const tool = ngcpcfgOn(
        groundOfTest(site, {
          isRoot,
          machine: () =>
            Promise.resolve({
              devices: ["lo", "eth0"],
              addressesOf: () => ["192.0.2.11", "2001:db8::11", "127.0.0.1"],
            }),
          openEditor: async (path) => {
            await writeFile(path, edited(await readFile(path, "utf8")));
          },
          loadKernelSettings: async (path) => {
            kernelSettings.push(path);
            await Promise.resolve();
          },
        }),
      );
      const end = await endOf(tool, ["node", "ngcpcfg", ...args], {
        control: connectControl(join(site.root, "control.sock")),
        units: unitsOfSystemd,
        node,
        say: (line) => said.push(line),
        complain: (line) => complained.push(line),
        showProgress: undefined,
        now: () => new Date(2026, 0, 2, 3, 4, 5).getTime(),
        onInterrupt: () => new AbortController().signal,
      });
      return { status: EXIT_STATUS[end], said, complained, kernelSettings };
    };
    await use({ root: site.root, config: site.configDirectory, call });
  });
};
