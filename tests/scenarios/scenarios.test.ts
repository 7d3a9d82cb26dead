import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { play } from "./script.ts";

const FOLDER = join(process.cwd(), "tests", "scenarios");
const updates = process.env["UPDATE_SCENARIOS"] === "1";

const names = readdirSync(FOLDER).filter((name) => name.endsWith(".txt"));

for (const name of names) {
  test(`${name} is what the core does`, (t) => {
    const path = join(FOLDER, name);
    const written = readFileSync(path, "utf8");
    const played = play(written);
    if (updates) writeFileSync(path, played);
    t.is(
      updates ? played : written,
      played,
      `${name} is not what this commit does: npm run scenarios -- --update`,
    );
  });
}

test("playing a transcript again changes nothing", (t) => {
  for (const name of names) {
    const played = play(readFileSync(join(FOLDER, name), "utf8"));
    t.is(play(played), played, name);
  }
});
