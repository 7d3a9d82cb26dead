import { readFileSync } from "node:fs";
import type { BuiltFile } from "../../../appliance/ngcpcfg/build.ts";
import { install } from "../../../appliance/ngcpcfg/install.ts";

/** Installs the files of a JSON file, or takes them back at once; ends with "installed" when nobody killed it. */
const [list = "", root = "", verb = ""] = process.argv.slice(2);
const files = JSON.parse(readFileSync(list, "utf8")) as readonly BuiltFile[];
const { undo, settle } = await install(files, { root, stateDirectory: `${root}/state` });
await (verb === "undo" ? undo() : settle());
process.stdout.write("installed");
