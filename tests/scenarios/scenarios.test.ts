import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import test from "ava";
import { play } from "./script.ts";

const FOLDER = join(process.cwd(), "tests", "scenarios");
const updates = process.env["UPDATE_SCENARIOS"] === "1";

const names = readdirSync(FOLDER).filter((name) => name.endsWith(".txt"));

for (const name of names) {
  test.serial(`${name} is what the core does, and plays the same again`, async (t) => {
    const path = join(FOLDER, name);
    const written = readFileSync(path, "utf8");
    const played = play(written);
    await nextTurn();
    if (updates) writeFileSync(path, played);
    t.is(
      updates ? played : written,
      played,
      `${name} is not what this commit does: npm run scenarios -- --update`,
    );
    t.is(play(played), played);
    await nextTurn();
  });
}
