import { readFileSync, statSync } from "node:fs";

/**
 * What is in a file that usually is not there and is looked for every second: an exception each time took a fiftieth of the
 * daemon's processor time.
 *
 * @returns undefined where there is no such file
 * @throws {Error} where it cannot be read
 */
export const contentIn = (file: string): string | undefined => {
  if (statSync(file, { throwIfNoEntry: false }) === undefined) return undefined;
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
};

/** What a file of this node's own says, where it is there, whole and of that form; nothing otherwise. */
export const jsonIn = <Value>(
  path: string,
  isValue: (value: unknown) => value is Value,
): Value | undefined => {
  try {
    const value: unknown = JSON.parse(readFileSync(path, "utf8"));
    return isValue(value) ? value : undefined;
  } catch {
    return undefined;
  }
};
