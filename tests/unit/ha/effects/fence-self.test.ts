import { readFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { RELEASE_PROGRAM } from "../../../../ha/effects/fence-self.ts";
import { checkout } from "../../../golden/golden.ts";

// Found by the drill node-freeze: the daemon looked for the program where the package does not put it.
test("a node that fences itself starts the program that the package installs", (t) => {
  const unit = readFileSync(join(checkout, "debian/ngcp-ha-release.service"), "utf8");
  t.is(/^ExecStart=(\S+)$/m.exec(unit)?.[1], RELEASE_PROGRAM);
});
