import { readFileSync } from "node:fs";
import test from "ava";
import { VERSION } from "../../../appliance/version.ts";

test("tools, daemon and package are of one version", (t) => {
  const manifest: unknown = JSON.parse(readFileSync("package.json", "utf8"));
  t.like(manifest, { version: VERSION });
  const changelog = readFileSync("debian/changelog", "utf8");
  t.is(/^ngcp-tandem \(([^)]+)\)/.exec(changelog)?.[1], VERSION);
});
