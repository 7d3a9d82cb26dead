import { spawn, spawnSync } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync } from "node:fs";
import path from "node:path";
import { CACHE, CHECKOUT_KEY } from "./paths.mjs";

/** A set-up step that cannot be done; the message is a sentence for the person at the keyboard. */
export class SetupError extends Error {}

/**
 * Runs a command with its output in a log file of its own.
 *
 * @param {string} log name of the log file, without extension
 * @param {readonly string[]} command
 * @param {{cwd?: string, env?: NodeJS.ProcessEnv}} [options]
 * @returns {Promise<void>}
 * @throws {SetupError} with the last lines of the log when the command fails
 */
export const runLogged = (log, command, options = {}) => {
  const file = path.join(CACHE, "log", CHECKOUT_KEY, `${log}.log`);
  mkdirSync(path.dirname(file), { recursive: true });
  const output = openSync(file, "w");
  const [name = "", ...words] = command;
  return new Promise((resolve, reject) => {
    const child = spawn(name, words, {
      cwd: options.cwd,
      env: { ...process.env, LC_ALL: "C.UTF-8", ...options.env },
      stdio: ["ignore", output, output],
    });
    child.once("error", reject);
    child.once("close", (status) => {
      closeSync(output);
      if (status === 0) return resolve();
      const lines = readFileSync(file, "utf8").trimEnd().split("\n").slice(-20).join("\n");
      reject(new SetupError(`${command.join(" ")} failed. The end of ${file}:\n${lines}`));
    });
  });
};

/**
 * The output of a short command.
 *
 * @param {readonly string[]} command
 * @returns {string}
 */
export const outputOf = (command) => {
  const [name = "", ...words] = command;
  const done = spawnSync(name, words, { encoding: "utf8", maxBuffer: 64 << 20 });
  if (done.status === 0) return done.stdout;
  throw new SetupError(`${command.join(" ")} failed: ${done.error?.message ?? done.stderr.trim()}`);
};
