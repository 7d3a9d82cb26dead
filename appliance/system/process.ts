import { readFile } from "node:fs/promises";
import { isErrno } from "./errno.ts";

/** True while a process has this number, whoever's it is. */
export const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return isErrno(error) && error.code === "EPERM";
  }
};

/** Field 22 of proc_pid_stat(5), counted from what follows the name in brackets, which can hold anything. */
const START_FIELD = 22 - 3;

/**
 * When a process began, in clock ticks since the boot: with its number that is one process and no later one.
 *
 * @returns undefined when there is none
 */
export const startOf = async (pid: number): Promise<string | undefined> => {
  try {
    const text = await readFile(`/proc/${pid}/stat`, "utf8");
    return text.slice(text.lastIndexOf(")") + 2).split(" ")[START_FIELD];
  } catch (error) {
    if (isErrno(error) && (error.code === "ENOENT" || error.code === "ESRCH")) return undefined;
    throw error;
  }
};
