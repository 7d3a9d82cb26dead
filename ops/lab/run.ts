import { spawn } from "node:child_process";

export interface Outcome {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly input?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly timeoutMs?: number;
}

/** Not by its name alone: npm has programs of its packages found first, and one of those is called nft as well. */
export const NFT = "/usr/sbin/nft";

/** A command of the lab that ended with another status than 0. */
export class CommandFailedError extends Error {
  override readonly name = "CommandFailedError";

  constructor(command: readonly string[], outcome: Outcome) {
    const said = outcome.stderr.trim() === "" ? outcome.stdout.trim() : outcome.stderr.trim();
    super(`${command.join(" ")} ended with ${outcome.status}: ${said}`);
  }
}

/** Runs a command to its end, whatever its status. A command that was killed has the status 128 + signal. */
export const runAny = async (
  command: readonly string[],
  options: RunOptions = {},
): Promise<Outcome> => {
  const [name = "", ...words] = command;
  const child = spawn(name, words, {
    env: { ...process.env, LC_ALL: "C.UTF-8", ...options.env },
    stdio: ["pipe", "pipe", "pipe"],
    ...(options.timeoutMs === undefined
      ? {}
      : { timeout: options.timeoutMs, killSignal: "SIGKILL" }),
  });
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout.on("data", (part: Buffer) => stdout.push(part));
  child.stderr.on("data", (part: Buffer) => stderr.push(part));
  // A command that does not read its input closes it early, and that is its own affair.
  child.stdin.on("error", () => undefined);
  child.stdin.end(options.input ?? "");
  const status = await new Promise<number>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve(code ?? 137));
  });
  return {
    status,
    stdout: Buffer.concat(stdout).toString(),
    stderr: Buffer.concat(stderr).toString(),
  };
};

/**
 * The output of a command.
 *
 * @throws {CommandFailedError} when it ends with another status than 0
 */
export const run = async (
  command: readonly string[],
  options: RunOptions = {},
): Promise<string> => {
  const outcome = await runAny(command, options);
  if (outcome.status !== 0) throw new CommandFailedError(command, outcome);
  return outcome.stdout;
};
