import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import { checkout } from "../../golden/golden.ts";

const PROGRAM = join(checkout, "ops", "bin", "ngcp-ha-release");

// Found by reading: after a crash loop of the daemon apt could start lb and proxy on a node without a role.
test("a node that has let go of the addresses starts nothing of the active node any more", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "release-"));
  try {
    const [list, flag] = [join(folder, "addresses"), join(folder, "may-run")];
    for (const addresses of ["", "nowhere0 192.0.2.10/24\n"]) {
      writeFileSync(list, addresses);
      writeFileSync(flag, "");
      const { status, stderr } = spawnSync(PROGRAM, ["--addresses-only"], {
        env: { NGCP_HA_ADDRESSES: list },
        encoding: "utf8",
      });
      t.is(status, 0, stderr);
      t.false(existsSync(flag));
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});
