import { Argument, Command, Option } from "commander";
import { exitStatusHelp, type ExitName, USUAL_EXITS } from "../../exit-status.ts";
import { replicationLines } from "../../output/replication.ts";
import type { Desk, Tool } from "../../tool.ts";
import { VERSION } from "../../../appliance/version.ts";

const ACTIONS = ["status", "clone"] as const;
const CLONE_UNIT = "ngcp-clone.service";

const EXITS = {
  ...USUAL_EXITS,
  done: "done; for status: the daemon answered, whatever the status is",
  refused: "refused, for example to copy over the database of the active node",
};

const define = (): Command =>
  new Command("ngcp-replication")
    .description("shows how the database and the cache of this node follow those of its peer")
    .addArgument(
      new Argument("[action]", "status; on the standby: clone takes a copy of the peer's database")
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
  run: async (parsed, desk) =>
    parsed.processedArgs[0] === "clone"
      ? await copyAnew(desk)
      : await show(desk, parsed.opts<{ readonly json?: boolean }>().json === true),
};
