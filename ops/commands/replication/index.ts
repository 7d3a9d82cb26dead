import { Argument, Command, Option } from "commander";
import { exitStatusHelp, type ExitName, USUAL_EXITS } from "../../exit-status.ts";
import { replicationLines } from "../../output/replication.ts";
import type { Desk, Tool } from "../../tool.ts";
import type { QuarantineAction } from "./quarantine/index.ts";
import { VERSION } from "../../../appliance/version.ts";

const ACTIONS = ["status", "check", "repair", "clone", "quarantine"] as const;
const QUARANTINE_ACTIONS = ["list", "show", "restore"] as const;
const CLONE_UNIT = "ngcp-clone.service";

const EXITS = {
  ...USUAL_EXITS,
  done: "done; for status: the daemon answered, whatever the status is",
  failed:
    "it failed, or check found a difference, or repair left one, or rows in quarantine are in conflict; what it was is told",
  refused: "refused, for example to copy over the database of the active node",
};

const define = (): Command =>
  new Command("ngcp-replication")
    .description(
      "shows how the databases and the caches of the pair follow each other, on either node",
    )
    .addArgument(
      new Argument(
        "[action]",
        "status; on the standby: check compares the stores, repair makes rows that differ equal, clone takes a copy of the peer's database; quarantine: rows that only this node had",
      )
        .choices(ACTIONS)
        .default("status"),
    )
    .addArgument(
      new Argument(
        "[what]",
        "of quarantine: list names the folders, show prints the rows of one, restore brings them back to the active node where none is in conflict",
      ).choices(QUARANTINE_ACTIONS),
    )
    .argument(
      "[folder]",
      "of quarantine show and restore: a name that list prints; restore without one takes every folder",
    )
    .addOption(new Option("--json", "print the status as JSON"))
    .addOption(
      new Option("--partly", "restore: bring back what is not in conflict, and leave the rest"),
    )
    .version(VERSION)
    .addHelpText("after", exitStatusHelp(EXITS));

const show = async (desk: Desk, json: boolean): Promise<ExitName> => {
  const status = await desk.control.status();
  const { node, role, stores, quarantine, peer } = status;
  if (json) desk.say(JSON.stringify({ node, role, stores, quarantine, peer }, undefined, 2));
  else replicationLines(status).forEach(desk.say);
  return "done";
};

/** The program saves first what only this node has; it goes on in its unit whoever ends this tool. */
const copyAnew = async (desk: Desk): Promise<ExitName> => {
  const { role, peer } = await desk.control.status();
  if (role !== "standby") {
    desk.complain(`${desk.node} is ${role}: a copy is for a standby`);
    return "refused";
  }
  await desk.units.start(CLONE_UNIT);
  desk.say(`${desk.node} has a copy of the database of ${peer.node}`);
  return "done";
};

/** How the stores of a pair follow each other. */
export const replication: Tool = {
  define,
  exits: EXITS,
  run: async (parsed, desk) => {
    const [action, what = "list", name] = parsed.processedArgs as [
      (typeof ACTIONS)[number],
      QuarantineAction?,
      string?,
    ];
    switch (action) {
      case "clone":
        return await copyAnew(desk);
      case "check":
      case "repair": {
        // Who asks for the status alone does not load a database driver.
        const { compareBoth } = await import("./both.ts");
        return await compareBoth(desk, action === "repair");
      }
      case "quarantine": {
        const { GROUND } = await import("./ground.ts");
        const { quarantine } = await import("./quarantine/index.ts");
        const partly = parsed.opts<{ readonly partly?: boolean }>().partly === true;
        return await quarantine(desk, GROUND, { action: what, name, partly });
      }
      default:
        return await show(desk, parsed.opts<{ readonly json?: boolean }>().json === true);
    }
  },
};
