import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { ExecutionContext } from "ava";

/** The checkout: tests run in its root. */
export const checkout = process.cwd();

const stored = (path: string): string | undefined => {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
};

/**
 * Compares `text` with the file `path` of the checkout. `npm run golden -- --update` sets UPDATE_GOLDEN
 * and writes the file instead, so that the change is seen in the diff and not in the test.
 */
export const matchesGolden = (t: ExecutionContext, path: string, text: string): void => {
  const file = join(checkout, path);
  if (process.env["UPDATE_GOLDEN"] === "1") {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  t.is(stored(file), text, `${path} is not what this commit makes: npm run golden -- --update`);
};
