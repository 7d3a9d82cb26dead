import type { Readable, Writable } from "node:stream";
import { execa, ExecaError } from "execa";
import { ApplianceError } from "../errors.ts";

/** How a command ended that did not do what it was asked. */
export type CommandFailure =
  | { readonly kind: "exited"; readonly status: number }
  | { readonly kind: "killed"; readonly signal: string }
  | { readonly kind: "timedOut"; readonly timeoutMs: number }
  | { readonly kind: "cancelled" }
  | { readonly kind: "notStarted"; readonly reason: string };

const STDERR_LINES = 5;
const TERM_TO_KILL_MS = 1_000;
const OUTPUT_CHARACTERS = 16_000_000;

const lastLines = (text: string): string => text.trim().split("\n").slice(-STDERR_LINES).join("\n");

const sentenceOf = (failure: CommandFailure): string => {
  switch (failure.kind) {
    case "exited":
      return `ended with status ${failure.status}`;
    case "killed":
      return `was ended by ${failure.signal}`;
    case "timedOut":
      return `was not done within ${failure.timeoutMs} ms`;
    case "cancelled":
      return "was cancelled";
    case "notStarted":
      return `could not be started: ${failure.reason}`;
  }
};

/** The arguments stay out of the message: an argument may be a password. */
export class CommandFailedError extends ApplianceError {
  override readonly name = "CommandFailedError";
  readonly code = "NGCP_COMMAND_FAILED";
  readonly failure: CommandFailure;
  /** The last lines that the command wrote to its standard error. */
  readonly stderr: string;

  constructor(command: string, failure: CommandFailure, stderr: string, options?: ErrorOptions) {
    const words = lastLines(stderr);
    super(`${command} ${sentenceOf(failure)}${words === "" ? "" : `: ${words}`}`, options);
    this.failure = failure;
    this.stderr = words;
  }
}

export interface CommandOptions {
  /** SIGTERM after this time, SIGKILL a second later. Milliseconds. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  /** Given to the command on its standard input, which is empty otherwise. */
  readonly input?: string;
  /** Added to the environment of this process; LC_ALL is always C. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** In a process group of its own: a Ctrl-C at the terminal is for this process, which decides what becomes of the command. */
  readonly apart?: true;
  /** Exit statuses that are an answer and no failure; 0 always is. */
  readonly accept?: readonly number[];
}

export interface CommandResult {
  readonly status: number;
  /** Without the last newline. */
  readonly stdout: string;
  readonly stderr: string;
}

const textOf = (output: unknown): string => (typeof output === "string" ? output : "");

const isExecaError = (error: unknown): error is ExecaError => error instanceof ExecaError;

const failureOf = (error: ExecaError, timeoutMs: number): CommandFailure => {
  if (error.timedOut) return { kind: "timedOut", timeoutMs };
  if (error.isCanceled) return { kind: "cancelled" };
  if (error.exitCode !== undefined) return { kind: "exited", status: error.exitCode };
  if (error.signal !== undefined) return { kind: "killed", signal: error.signal };
  return { kind: "notStarted", reason: error.originalMessage };
};

/**
 * Runs a program to its end, without a shell, with LC_ALL=C.
 *
 * @throws {CommandFailedError} when it cannot be started, ends with a status that is not accepted,
 *   takes longer than `timeoutMs`, or is cancelled
 */
export const run = async (
  command: string,
  args: readonly string[],
  options: CommandOptions,
): Promise<CommandResult> => {
  try {
    const result = await execa(command, args, {
      env: { ...options.env, LC_ALL: "C" },
      timeout: options.timeoutMs,
      forceKillAfterDelay: TERM_TO_KILL_MS,
      maxBuffer: OUTPUT_CHARACTERS,
      input: options.input ?? "",
      detached: options.apart === true,
      ...(options.signal === undefined ? {} : { cancelSignal: options.signal }),
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    });
    return { status: 0, stdout: result.stdout, stderr: result.stderr };
  } catch (error) {
    if (!isExecaError(error)) throw error;
    const failure = failureOf(error, options.timeoutMs);
    if (failure.kind === "exited" && options.accept?.includes(failure.status) === true) {
      return {
        status: failure.status,
        stdout: textOf(error.stdout),
        stderr: textOf(error.stderr),
      };
    }
    throw new CommandFailedError(command, failure, textOf(error.stderr), { cause: error });
  }
};

/**
 * Runs a program that talks with the operator, on the terminal of this process.
 *
 * @throws {CommandFailedError} when it cannot be started or ends with another status than 0
 */
export const runAttached = async (command: string, args: readonly string[]): Promise<void> => {
  try {
    await execa(command, args, { stdio: "inherit" });
  } catch (error) {
    if (!isExecaError(error)) throw error;
    throw new CommandFailedError(command, failureOf(error, 0), "", { cause: error });
  }
};

/** A program that is given lines until there are no more. */
export interface Feed {
  readonly write: (line: string) => void;
  /** Resolves when it has taken them all; it is no failure when it did not. */
  readonly end: () => Promise<void>;
}

/** Starts a program that reads lines and is not waited for: what it does with them is its own affair. */
export const feed = (command: string, args: readonly string[]): Feed => {
  const child = execa(command, args, {
    reject: false,
    stdout: "ignore",
    stderr: "ignore",
    // It takes what is said after a Ctrl-C too.
    detached: true,
  });
  // It may have ended by itself, and then nobody reads.
  child.stdin.on("error", () => undefined);
  return {
    write: (line) => void child.stdin.write(`${line}\n`),
    end: async () => {
      child.stdin.end();
      await child;
    },
  };
};

const TAIL_CHARACTERS = 2_000;

/** A program whose input and output are streams of bytes. */
export interface RunningCommand {
  readonly stdin: Writable;
  readonly stdout: Readable;
  /** @throws {CommandFailedError} when it ends with another status than 0, or was cancelled */
  readonly done: Promise<void>;
}

/** Starts a program and leaves its streams to the caller; when `signal` fires it is ended. */
export const start = (
  command: string,
  args: readonly string[],
  signal: AbortSignal,
): RunningCommand => {
  const child = execa(command, args, {
    env: { LC_ALL: "C" },
    forceKillAfterDelay: TERM_TO_KILL_MS,
    cancelSignal: signal,
    buffer: false,
    reject: false,
    stdin: "pipe",
  });
  let tail = "";
  child.stderr.on("data", (chunk: Buffer) => {
    tail = (tail + chunk.toString("utf8")).slice(-TAIL_CHARACTERS);
  });
  const done = child.then((result) => {
    if (isExecaError(result))
      throw new CommandFailedError(command, failureOf(result, 0), tail, { cause: result });
  });
  // Who reads its streams sees an end first, and asks for the reason then.
  done.catch(() => undefined);
  // A program that ends early closes its input: its status says why.
  child.stdin.on("error", () => undefined);
  return { stdin: child.stdin, stdout: child.stdout, done };
};
