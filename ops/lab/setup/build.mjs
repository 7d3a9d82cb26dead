import path from "node:path";
import { CHECKOUT } from "./paths.mjs";
import { runLogged } from "./shell.mjs";
import { removeOrphans } from "./sources.mjs";

/** Compiles the checkout to dist/. The compiler itself knows what has changed. */
export const build = async () => {
  removeOrphans();
  const tsc = path.join(CHECKOUT, "node_modules/.bin/tsc");
  await runLogged("build", [tsc, "-b"], { cwd: CHECKOUT });
  return undefined;
};
