import { join } from "node:path";
import { connectDatabase } from "../../../appliance/database/client.ts";
import { connectControl } from "../../../ha/control/client.ts";
import { cdrOn } from "../../../ops/commands/cdr/index.ts";
import type { ExitName } from "../../../ops/exit-status.ts";
import { endOf } from "../../../ops/run-tool.ts";
import { unitsOfSystemd } from "../../../ops/units.ts";
import type { Node, StorePair } from "../stores/bed.ts";

export interface Ran {
  readonly end: ExitName;
  readonly said: string;
  readonly files: ReadonlyMap<string, string>;
}

/** Runs ngcp-cdr as it runs on a node; the files that it writes are kept in memory. */
export const cdrOnBed = async (
  pair: StorePair,
  node: Node,
  words: readonly string[],
): Promise<Ran> => {
  const said: string[] = [];
  const files = new Map<string, string>();
  const tool = cdrOn({
    connect: () =>
      connectDatabase(
        {
          socketPath: join(pair.bed(node).root, "run/mysqld/mysqld.sock"),
          user: "ngcp",
          password: pair.password(node),
        },
        `sp${node}`,
      ),
    writeFile: async (path, chunks) => {
      let text = "";
      for await (const chunk of chunks) text += chunk;
      files.set(path, text);
    },
  });
  const end = await endOf(tool, ["node", "ngcp-cdr", ...words], {
    control: connectControl(),
    units: unitsOfSystemd,
    node: `sp${node}`,
    say: (line) => void said.push(line),
    complain: () => undefined,
    showProgress: undefined,
    now: Date.now,
    onInterrupt: () => new AbortController().signal,
  });
  return { end, said: said.join("\n"), files };
};
