import { resolve } from "node:path";
import { assemble } from "./assemble.ts";

const root = process.cwd();
await assemble(root, resolve(root, "build/stage"), resolve(root, "build/man"));
