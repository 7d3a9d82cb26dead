import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import { CommanderError } from "commander";
import { connectControl } from "../ha/control/client.ts";
import { sentenceFor, traceOf } from "./operator-error.ts";
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

const ENDING = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** From the first call on these signals do not end the process, however often they come. */
const interruptOfThisProcess = (): (() => AbortSignal) => {
  const interrupt = new AbortController();
  let isHeld = false;
  return () => {
    if (!isHeld) for (const name of ENDING) process.on(name, () => interrupt.abort());
    isHeld = true;
    return interrupt.signal;
  };
};

const deskOfThisProcess = (node: string): Desk => {
  return {
    control: connectControl(),
    units: unitsOfSystemd,
    node,
    say: (line) => void process.stdout.write(`${line}\n`),
    complain: (line) => void process.stderr.write(`${line}\n`),
    showProgress: process.stderr.isTTY
      ? (line) => void process.stderr.write(`${CLEAR_LINE}${line}`)
      : undefined,
    now: Date.now,
    onInterrupt: interruptOfThisProcess(),
  };
};

/** The reader of a pipe has ended, or the terminal has gone. */
const NOBODY_READS: readonly (string | undefined)[] = ["EPIPE", "EIO"];

/**
 * `ngcp-status | head` closes the pipe before everything is written: that is no failure. What only tells something ends
 * there; what changes something goes on without a reader, for half of it would be worse.
 */
const readerMayLeave = ({ outlivesReader }: Tool): void => {
  for (const stream of [process.stdout, process.stderr])
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (!NOBODY_READS.includes(error.code)) throw error;
      if (outlivesReader !== true) process.exit();
    });
};

/**
 * Runs a tool with the arguments of this process; the exit status is set and the process ends by itself.
 *
 * @param node name of this node
 */
export const runTool = async (tool: Tool, node = nodeName()): Promise<void> => {
  readerMayLeave(tool);
  process.exitCode = EXIT_STATUS[await endOf(tool, process.argv, deskOfThisProcess(node))];
};

/**
 * Parses and runs; an error that an operator may meet becomes a line on standard error.
 *
 * @param argv as process.argv: two words before the arguments
 */
export const endOf = async (tool: Tool, argv: readonly string[], desk: Desk): Promise<ExitName> => {
  const command = tool
    .define()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => desk.say(text.trimEnd()),
      writeErr: (text) => desk.complain(text.trimEnd()),
    });
  try {
    return await tool.run(command.parse(argv), desk);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? "done" : "usage";
    const sentence = sentenceFor(error);
    if (sentence === undefined || !(error instanceof Error)) throw error;
    desk.complain(sentence);
    if (command.opts()["debug"] === true) traceOf(error).forEach(desk.complain);
    return isSilence(error) ? "unreachable" : "failed";
  }
};
