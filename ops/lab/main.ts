import { spawn } from "node:child_process";
import { labOf, NODES } from "./names.ts";
import type { Lab, NodeName } from "./names.ts";
import { enterCommand } from "./node.ts";
import { bringUp, takeDown } from "./pair.ts";
import { statusTable } from "./status.ts";

const USAGE = `npm run lab -- up | down | status | shell NODE | exec NODE -- COMMAND
  up      boots sp1 and sp2, configures and pairs them
  down    takes everything of the lab away
  status  what runs, and what each node says of itself
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
    process.stderr.write(USAGE);
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
  ["shell", (lab, [name]) => inNode(lab, name, ["bash", "--login"])],
  ["exec", (lab, [name, ...rest]) => inNode(lab, name, rest[0] === "--" ? rest.slice(1) : rest)],
]);

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
