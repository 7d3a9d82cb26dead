import { readFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { RULES } from "../../../ha/core/diagnosis.ts";
import { ROLES } from "../../../ha/core/heartbeat.ts";
import { TRANSITIONS } from "../../../ha/core/transitions.ts";
import { checkout, matchesGolden } from "../../golden/golden.ts";
import { drawTransitions, printTransitions } from "../../golden/transitions.ts";

test("the transition table is the one that was reviewed", (t) => {
  matchesGolden(t, "tests/golden/transitions.txt", printTransitions());
});

test("docs/failover.md shows the machine as it is", (t) => {
  const page = readFileSync(join(checkout, "docs/failover.md"), "utf8");
  matchesGolden(t, "docs/failover.md", page.replace(/```mermaid[\s\S]*?```/, drawTransitions()));
});

test("every role but fenced has a way out, and every cell a diagnosis", (t) => {
  for (const role of ROLES) {
    const cells = Object.entries(TRANSITIONS[role]);
    const names: readonly string[] = RULES[role].map(({ name }) => name);
    t.deepEqual(cells.map(([name]) => name).toSorted(), [...names].toSorted());
    if (role !== "fenced")
      t.true(
        cells.some(([, cell]) => cell.to !== "same"),
        role,
      );
  }
});
