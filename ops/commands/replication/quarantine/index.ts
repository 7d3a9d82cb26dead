import type { ExactLogin } from "../../../../appliance/database/client.ts";
import { connectExactly } from "../../../../appliance/database/client.ts";
import type { Appliance } from "../../../../appliance/model.ts";
import type { ExitName } from "../../../exit-status.ts";
import type { Desk } from "../../../tool.ts";
import { folderOf, foldersIn, markRestored, rowsIn } from "./folders.ts";
import type { Folder } from "./folders.ts";
import { parseLog } from "./log.ts";
import type { RowChange } from "./log.ts";
import { restore } from "./restore.ts";
import { readable } from "./values.ts";

export type QuarantineAction = "list" | "show" | "restore";

/** What is asked for. */
export interface QuarantineOrder {
  readonly action: QuarantineAction;
  readonly name: string | undefined;
  /** What is not in conflict comes back also where the rest is. */
  readonly partly: boolean;
}

/** Where the folders lie, and how this node reaches the database that is written to. */
export interface QuarantineGround {
  readonly store: string;
  readonly socketPath: string;
  readonly appliance: () => Appliance;
}

/** More conflicts than this are counted and not shown. */
const SHOWN = 20;

const list = (desk: Desk, folders: readonly Folder[]): ExitName => {
  if (folders.length === 0) desk.say(`${desk.node} has nothing in quarantine`);
  for (const { name, about, restored, isOfRepair } of folders) {
    desk.say(name);
    about.forEach((line) => desk.say(`  ${line}`));
    if (!isOfRepair) desk.say(`  ${restored ?? "not brought back"}`);
  }
  return "done";
};

const imageText = (image: readonly string[] | undefined): string =>
  image === undefined ? "no such row" : image.map(readable).join(", ");

const showChange = ({ table, before, after }: RowChange): readonly string[] => [
  table,
  `  was      ${imageText(before)}`,
  `  became   ${imageText(after)}`,
];

const show = (desk: Desk, folder: Folder): ExitName => {
  [folder.path, ...folder.about].forEach(desk.say);
  if (folder.isOfRepair) {
    Buffer.from(rowsIn(folder), "latin1").toString("utf8").trimEnd().split("\n").forEach(desk.say);
    return "done";
  }
  const { changes, definitions } = parseLog(rowsIn(folder));
  definitions.forEach((gtid) => desk.say(`transaction ${gtid} changes a table: see rows.txt`));
  changes.flatMap(showChange).forEach(desk.say);
  return "done";
};

/** Rows go to the database that is written to, wherever the folder lies. */
const loginOf = async (
  desk: Desk,
  { appliance, socketPath }: QuarantineGround,
): Promise<{ readonly login: ExactLogin; readonly whose: string } | undefined> => {
  const { role, peer } = await desk.control.status();
  if (role === "active") return { login: { socketPath, user: "root" }, whose: desk.node };
  if (role !== "standby" || peer.role !== "active") return undefined;
  const { peer: other, secrets } = appliance();
  const password = secrets?.replicationPassword ?? "";
  const login = { host: other.crosslink.address, user: "ngcp_restore", password };
  return { login, whose: other.name };
};

const bringBack = async (
  desk: Desk,
  ground: QuarantineGround,
  folder: Folder,
  partly: boolean,
): Promise<ExitName> => {
  const to = await loginOf(desk, ground);
  if (to === undefined) {
    desk.complain(
      "neither node is active: rows are brought back into the database that is written to",
    );
    return "refused";
  }
  const active = await connectExactly(to.login, to.whose);
  try {
    const { back, there, conflicts, conflicting } = await restore(
      active,
      parseLog(rowsIn(folder)),
      partly,
    );
    conflicts.slice(0, SHOWN).forEach(desk.say);
    const sum = `${back} rows are back, ${there} were there already, ${conflicting} are in conflict and stay`;
    desk.say(sum);
    if (conflicting === 0)
      await markRestored(folder, `${new Date(desk.now()).toISOString()} ${sum}`);
    if (conflicting === 0) return "done";
    if (!partly) desk.say("nothing was written: --partly brings back what is not in conflict");
    return "failed";
  } finally {
    active.end();
  }
};

/** The oldest first: one start of MariaDB may save what the next, which has cut some of it off, saves again. */
const bringAllBack = async (
  desk: Desk,
  ground: QuarantineGround,
  partly: boolean,
): Promise<ExitName> => {
  let end: ExitName = "done";
  for (const folder of foldersIn(ground.store)) {
    if (folder.isOfRepair || folder.restored !== undefined) continue;
    desk.say(folder.name);
    const one = await bringBack(desk, ground, folder, partly);
    if (one !== "done") end = one;
  }
  return end;
};

/** Shows what only this node had, and brings it back. */
export const quarantine = async (
  desk: Desk,
  ground: QuarantineGround,
  { action, name, partly }: QuarantineOrder,
): Promise<ExitName> => {
  if (action === "list") return list(desk, foldersIn(ground.store));
  if (action === "restore" && name === undefined) return await bringAllBack(desk, ground, partly);
  if (name === undefined) {
    desk.complain(`which folder? ngcp-replication quarantine list names them`);
    return "usage";
  }
  const folder = folderOf(ground.store, name);
  if (action === "show") return show(desk, folder);
  if (!folder.isOfRepair) return await bringBack(desk, ground, folder, partly);
  desk.complain(
    `${folder.name} is what a repair overwrote: the active node has those rows, as they should be`,
  );
  return "refused";
};
