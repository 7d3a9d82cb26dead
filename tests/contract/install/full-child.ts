import { readFileSync, writeSync, openSync, closeSync, rmSync } from "node:fs";
import { ApplianceError } from "../../../appliance/errors.ts";
import type { BuiltFile } from "../../../appliance/ngcpcfg/build.ts";
import { install } from "../../../appliance/ngcpcfg/install.ts";

/** Installs on a disk with `pages` free pages, or takes back on one without any; ends with the code of what failed. */
const [list = "", root = "", verb = "", pages = "0"] = process.argv.slice(2);
const PAGE = Buffer.alloc(4_096);

/** Everything that the disk has left, but for some pages. */
const fillBut = (free: number): void => {
  const names: string[] = [];
  for (let full = false; !full;) {
    const name = `${root}/filler.${names.length}`;
    try {
      const file = openSync(name, "w");
      names.push(name);
      try {
        writeSync(file, PAGE);
      } finally {
        closeSync(file);
      }
    } catch {
      full = true;
    }
  }
  for (const name of names.slice(0, free)) rmSync(name);
};

const files = JSON.parse(readFileSync(list, "utf8")) as readonly BuiltFile[];
const place = { root, stateDirectory: `${root}/state` };
try {
  if (verb === "install") {
    fillBut(Number(pages));
    await (await install(files, place)).settle();
  } else {
    const { undo } = await install(files, place);
    fillBut(0);
    await undo();
  }
  process.stdout.write("done");
} catch (error) {
  process.stdout.write(error instanceof ApplianceError ? error.code : String(error));
}
