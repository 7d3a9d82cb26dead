import { existsSync, statSync } from "node:fs";
import path from "node:path";
import { CHECKOUT } from "./paths.mjs";
import { runLogged } from "./shell.mjs";
import { removeOrphans } from "./sources.mjs";

/** Compiles the checkout to dist/. The compiler itself knows what has changed. */
export const build = async () => {
  removeOrphans();
  const tsc = path.join(CHECKOUT, "node_modules/.bin/tsc");
  await runLogged("build", [tsc, "-b"], { cwd: CHECKOUT });
  for (const name of ["echo", "echo-load"]) await compile(name);
  return undefined;
};

/**
 * @param {string} name of a program of ops/lab/measure
 */
const compile = async (name) => {
  const source = path.join(CHECKOUT, `ops/lab/measure/${name}.c`);
  const program = path.join(CHECKOUT, `dist/ops/lab/measure/${name}`);
  if (existsSync(program) && statSync(program).mtimeMs > statSync(source).mtimeMs) return;
  await runLogged("build", ["cc", "-O2", "-Wall", "-Wextra", "-Werror", "-o", program, source]);
};
