import { join } from "node:path";
import { connectDatabase } from "../../../appliance/database/client.ts";
import type { Database } from "../../../appliance/database/client.ts";
import { connectControl } from "../../../ha/control/client.ts";
import { provisionOn } from "../../../ops/commands/provision/index.ts";
import type { ExitName } from "../../../ops/exit-status.ts";
import { endOf } from "../../../ops/run-tool.ts";
import { unitsOfSystemd } from "../../../ops/units.ts";
import type { Node, StorePair } from "../stores/bed.ts";

export interface Ran {
  readonly end: ExitName;
  readonly said: string;
  readonly complained: string;
  readonly progress: readonly string[];
}

/** A node by its name, and how its MariaDB is reached. */
export interface Provisioned {
  readonly name: string;
  readonly connect: () => Promise<Database>;
}

/** Runs ngcp-provision as it runs on a node; `file` is what it reads when it is told to read one. */
export const provisionAt = async (
  { name, connect }: Provisioned,
  words: readonly string[],
  file = "",
): Promise<Ran> => {
  const [said, complained, progress]: [string[], string[], string[]] = [[], [], []];
  const tool = provisionOn({ isRoot: true, connect, readFile: () => Promise.resolve(file) });
  const end = await endOf(tool, ["node", "ngcp-provision", ...words], {
    control: connectControl(),
    units: unitsOfSystemd,
    node: name,
    say: (line) => void said.push(line),
    complain: (line) => void complained.push(line),
    showProgress: (line) => void progress.push(line),
    now: Date.now,
    onInterrupt: () => new AbortController().signal,
  });
  return { end, said: said.join("\n"), complained: complained.join("\n"), progress };
};

/** The same on a node of a bed. */
export const provisionOnBed = (
  pair: StorePair,
  node: Node,
  words: readonly string[],
  file = "",
): Promise<Ran> => {
  const name = `sp${node}`;
  const socketPath = join(pair.bed(node).root, "run/mysqld/mysqld.sock");
  const login = { socketPath, user: "ngcp", password: pair.password(node) };
  return provisionAt({ name, connect: () => connectDatabase(login, name) }, words, file);
};

/** One statement as the proxy sends it. */
export const asProxy = (pair: StorePair, node: Node, statement: string): string => {
  const login = ["-ukamailio", `-p${pair.password(node)}`, "-N", "kamailio", "-e", statement];
  return pair
    .bed(node)
    .chroot("mariadb", ...login)
    .trim();
};

/** Waits until sp2 has what sp1 has written. */
export const caughtUp = (pair: StorePair): void => {
  const to = pair.bed(1).sql("SELECT @@GLOBAL.gtid_binlog_pos");
  if (pair.bed(2).sql(`SELECT MASTER_GTID_WAIT('${to}', 60)`) !== "0")
    throw new Error(`sp2 did not come to ${to}`);
};
