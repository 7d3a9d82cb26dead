import { stat } from "node:fs/promises";
import { isErrno } from "./errno.ts";

/**
 * Whether a file was written longer ago than `ms`. One of the future was written before the clock went back, and nobody
 * can say how long ago: it counts as old.
 *
 * @returns false for one that is not there
 */
export const isOlderThan = async (path: string, ms: number): Promise<boolean> => {
  try {
    return Math.abs(Date.now() - (await stat(path)).mtimeMs) > ms;
  } catch (error) {
    if (isErrno(error) && error.code === "ENOENT") return false;
    throw error;
  }
};
