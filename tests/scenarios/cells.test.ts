import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import test from "ava";
import type { Role } from "../../ha/core/heartbeat.ts";
import { ROLES } from "../../ha/core/heartbeat.ts";
import type { Transition } from "../../ha/core/transitions.ts";
import { TRANSITIONS } from "../../ha/core/transitions.ts";
import { play } from "./script.ts";

const FOLDER = join(process.cwd(), "tests", "scenarios");

type Cells = Readonly<Record<string, Transition>>;

/** The table of the core, which looks a cell up when it acts on a diagnosis: each look is noted. */
const noteLooks = (table: Record<Role, Cells>): ReadonlySet<string> => {
  const looked = new Set<string>();
  for (const role of ROLES)
    table[role] = new Proxy(table[role], {
      get: (cells, name) => {
        looked.add(`${role}: ${String(name)}`);
        return Reflect.get(cells, name) as unknown;
      },
    });
  return looked;
};

const doesSomething = ({ to, plan }: Transition): boolean => to !== "same" || plan !== undefined;

test("each cell of the table that does something is acted on in some transcript", async (t) => {
  t.timeout(120_000);
  const cells = ROLES.flatMap((role) =>
    Object.entries<Transition>(TRANSITIONS[role])
      .filter(([, cell]) => doesSomething(cell))
      .map(([name]) => `${role}: ${name}`),
  );
  const looked = noteLooks(TRANSITIONS);
  for (const name of readdirSync(FOLDER).filter((file) => file.endsWith(".txt"))) {
    play(readFileSync(join(FOLDER, name), "utf8"));
    await nextTurn();
  }
  t.true(cells.length > 40);
  t.deepEqual(
    cells.filter((cell) => !looked.has(cell)),
    [],
  );
});
