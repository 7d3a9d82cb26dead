import { existsSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import path from "node:path";
import { CACHE } from "./paths.mjs";
import { clearAway } from "./step.mjs";

/** What is built once for many runs, by the first word of its name. */
const BUILT = /^(asterisk|base|deb|keepalived|layer|npm)-[0-9a-f]{16}$/;
const KEPT_DAYS = 7;
const DAY_MS = 86_400_000;

/** Removes what no run has used for a week and no lab stands on. */
export const pruneCache = () => {
  const needed = layersOfLabs();
  const oldest = Date.now() - KEPT_DAYS * DAY_MS;
  for (const name of readdirSync(CACHE).filter((entry) => BUILT.test(entry))) {
    const directory = path.join(CACHE, name);
    if (statSync(directory).mtimeMs > oldest || needed.includes(directory)) continue;
    clearAway(directory);
    rmSync(`${directory}.lock`, { force: true });
  }
};

/** The layers below the node disks of all labs, in one text. */
const layersOfLabs = () => {
  const labs = path.join(CACHE, "labs");
  if (!existsSync(labs)) return "";
  return readdirSync(labs)
    .flatMap((lab) => ["sp1", "sp2"].map((node) => path.join(labs, lab, node, "layers")))
    .filter((file) => existsSync(file))
    .map((file) => readFileSync(file, "utf8"))
    .join("\n");
};
