import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import { CommanderError } from "commander";
import { ApplianceError } from "../appliance/errors.ts";
import { connectControl } from "../ha/control/client.ts";
import { isSilence } from "./silence.ts";
import { EXIT_STATUS, type ExitName } from "./exit-status.ts";
import type { Desk, Tool } from "./tool.ts";
import { unitsOfSystemd } from "./units.ts";

const NODE_NAME_FILE = "/etc/ngcp_nodename";
const CLEAR_LINE = "\r\u001B[K";

const nodeName = (): string => {
  try {
    return readFileSync(NODE_NAME_FILE, "utf8").trim();
  } catch {
    return hostname();
  }
};

const deskOfThisProcess = (): Desk => {
  const interrupt = new AbortController();
  return {
    control: connectControl(),
    units: unitsOfSystemd,
    node: nodeName(),
    say: (line) => void process.stdout.write(`${line}\n`),
    complain: (line) => void process.stderr.write(`${line}\n`),
    showProgress: process.stderr.isTTY
      ? (line) => void process.stderr.write(`${CLEAR_LINE}${line}`)
      : undefined,
    now: Date.now,
    onInterrupt: (): AbortSignal => {
      process.once("SIGINT", () => interrupt.abort());
      return interrupt.signal;
    },
  };
};

/** `ngcp-status | head` closes the pipe before everything is written: that is no failure. */
const endQuietlyWithoutReader = (): void => {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    process.exit();
  });
};

/** Runs a tool with the arguments of this process; the exit status is set and the process ends by itself. */
export const runTool = async (tool: Tool): Promise<void> => {
  endQuietlyWithoutReader();
  process.exitCode = EXIT_STATUS[await endOf(tool, process.argv, deskOfThisProcess())];
};

/**
 * Parses and runs; an error that an operator may meet becomes a line on standard error.
 *
 * @param argv as process.argv: two words before the arguments
 */
export const endOf = async (tool: Tool, argv: readonly string[], desk: Desk): Promise<ExitName> => {
  try {
    const command = tool
      .define()
      .exitOverride()
      .configureOutput({
        writeOut: (text) => desk.say(text.trimEnd()),
        writeErr: (text) => desk.complain(text.trimEnd()),
      });
    return await tool.run(command.parse(argv), desk);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? "done" : "usage";
    if (!(error instanceof ApplianceError)) throw error;
    desk.complain(`${error.code}: ${error.message}`);
    return isSilence(error) ? "unreachable" : "failed";
  }
};
