import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { amidBusyLoops, atRest } from "./measure/rest.ts";
import { labOf, NODES } from "./names.ts";
import type { Lab, NodeName } from "./names.ts";
import { enterCommand } from "./node.ts";
import { bringUp, takeDown } from "./pair.ts";
import { statusTable } from "./status.ts";
import { renderTable } from "./table.ts";

const USAGE = `npm run lab -- up | down | status | measure | shell NODE | exec NODE -- COMMAND
  up      boots sp1 and sp2, configures and pairs them
  down    takes everything of the lab away
  status  what runs, and what each node says of itself
  measure [--seconds N] [--busy-minutes N] [--json FILE]
          the takeovers that busy loops cause (none are run without --busy-minutes), then memory and processor
          time of both daemons at rest (60 s; the longer they have run, the less of it is V8's compiling) and
          the time of ngcp-check-active
  shell   a shell in a node
  exec    one command in a node; its exit status is ours
TANDEM_LAB names the lab (default tandem); several can be up at once.
`;

const EXIT_USAGE = 2;

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

const main = async (words: readonly string[]): Promise<number> => {
  const lab = labOf(process.env);
  const [verb = "", ...rest] = words;
  // What stands after `--` or a node's name is another program's.
  if (verb === "--help" || verb === "help" || rest[0] === "--help") {
    process.stdout.write(USAGE);
    return 0;
  }
  const command = COMMANDS.get(verb);
  if (command !== undefined) return await command(lab, rest);
  process.stderr.write(USAGE);
  return EXIT_USAGE;
};

type Command = (lab: Lab, words: readonly string[]) => Promise<number>;

const showStatus = async (lab: Lab): Promise<number> => {
  say(await statusTable(lab));
  return 0;
};

const up = async (lab: Lab): Promise<number> => {
  await bringUp(lab, layersFrom(process.env), say);
  return await showStatus(lab);
};

const measure = async (lab: Lab, words: readonly string[]): Promise<number> => {
  const { values } = parseArgs({
    args: [...words],
    options: {
      seconds: { type: "string", default: "60" },
      "busy-minutes": { type: "string", default: "0" },
      json: { type: "string" },
    },
  });
  const [seconds, minutes] = [Number(values.seconds), Number(values["busy-minutes"])];
  if (!(seconds > 0 && minutes >= 0)) throw new Error("--seconds and --busy-minutes take numbers");
  // First, so that what is measured at rest has run for a while: V8 compiles what a daemon does again and again.
  const busy = minutes === 0 ? null : await amidBusyLoops(lab, minutes, say);
  if (busy !== null)
    say(`${busy.false_takeovers} takeovers in ${busy.minutes} min beside ${busy.loops} busy loops`);
  const { rest, bare_heartbeat_percent } = await atRest(lab, seconds);
  const names = ["node", "role", "memory, MB", "processor, %", "ngcp-check-active, ms"];
  say(
    renderTable(
      names,
      rest.map((row) => Object.values(row).map(String)),
    ),
  );
  say(`a process that does nothing but such a heartbeat took ${bare_heartbeat_percent} %`);
  if (values.json !== undefined)
    writeFileSync(
      values.json,
      `${JSON.stringify({ rest, bare_heartbeat_percent, busy }, null, 2)}\n`,
    );
  return busy === null || busy.false_takeovers === 0 ? 0 : 1;
};

const down = async (lab: Lab): Promise<number> => {
  await takeDown(lab);
  return 0;
};

const layersFrom = (environment: NodeJS.ProcessEnv): string => {
  const layers = environment["TANDEM_LAYERS"];
  if (layers === undefined)
    throw new Error("TANDEM_LAYERS is not set: start the lab with npm run lab");
  return layers;
};

const inNode = async (
  lab: Lab,
  name: string | undefined,
  command: readonly string[],
): Promise<number> => {
  const node = NODES.find((candidate): candidate is NodeName => candidate === name);
  if (node === undefined || command.length === 0) {
    const wrong =
      node === undefined
        ? `"${name ?? ""}" is no node of the lab: say ${NODES.join(" or ")}.`
        : "Say the command that is to run there, behind --.";
    process.stderr.write(`${wrong}\n${USAGE}`);
    return EXIT_USAGE;
  }
  const [program = "", ...words] = enterCommand(lab, node, command);
  const child = spawn(program, words, { stdio: "inherit" });
  return await new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (status) => resolve(status ?? 1));
  });
};

const COMMANDS: ReadonlyMap<string, Command> = new Map<string, Command>([
  ["up", up],
  ["down", down],
  ["status", showStatus],
  ["measure", measure],
  ["shell", (lab, [name]) => inNode(lab, name, ["bash", "--login"])],
  ["exec", (lab, [name, ...rest]) => inNode(lab, name, rest[0] === "--" ? rest.slice(1) : rest)],
]);

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
