import { Argument, Command, Option } from "commander";
import { exitStatusHelp, type ExitName, USUAL_EXITS } from "../../exit-status.ts";
import { replicationLines } from "../../output/replication.ts";
import type { Desk, Tool } from "../../tool.ts";
import { VERSION } from "../../../appliance/version.ts";

const ACTIONS = ["status", "check", "repair", "clone"] as const;
const CLONE_UNIT = "ngcp-clone.service";

const EXITS = {
  ...USUAL_EXITS,
  done: "done; for status: the daemon answered, whatever the status is",
  failed: "it failed, or check found a difference, or repair left one; what it was is told",
  refused: "refused, for example to copy over the database of the active node",
};

const define = (): Command =>
  new Command("ngcp-replication")
    .description("shows how the database and the cache of this node follow those of its peer")
    .addArgument(
      new Argument(
        "[action]",
        "status; on the standby: check compares the stores, repair makes rows that differ equal, clone takes a copy of the peer's database",
      )
        .choices(ACTIONS)
        .default("status"),
    )
    .addOption(new Option("--json", "print the status as JSON"))
    .version(VERSION)
    .addHelpText("after", exitStatusHelp(EXITS));

const show = async (desk: Desk, json: boolean): Promise<ExitName> => {
  const status = await desk.control.status();
  const { node, role, stores, quarantine } = status;
  if (json) desk.say(JSON.stringify({ node, role, stores, quarantine }, undefined, 2));
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
    const [action] = parsed.processedArgs as readonly (typeof ACTIONS)[number][];
    switch (action) {
      case "clone":
        return await copyAnew(desk);
      case "check":
      case "repair": {
        // Who asks for the status alone does not load a database driver.
        const { compareBoth } = await import("./both.ts");
        return await compareBoth(desk, action === "repair");
      }
      default:
        return await show(desk, parsed.opts<{ readonly json?: boolean }>().json === true);
    }
  },
};
