import { readFile } from "node:fs/promises";
import { hostname } from "node:os";
import { connectDatabase, LOGIN_FILE, readLogin } from "../../appliance/database/client.ts";
import { provisionOn } from "../commands/provision/index.ts";
import { runTool } from "../run-tool.ts";

void runTool(
  provisionOn({
    isRoot: process.getuid?.() === 0,
    connect: () => connectDatabase(readLogin(LOGIN_FILE), hostname()),
    readFile: (path) => readFile(path, "utf8"),
  }),
);
