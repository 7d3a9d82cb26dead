import { rename, rm, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { connectDatabase, LOGIN_FILE, readLogin } from "../../appliance/database/client.ts";
import { cdrOn } from "../commands/cdr/index.ts";
import { runTool } from "../run-tool.ts";

void runTool(
  cdrOn({
    connect: () => connectDatabase(readLogin(LOGIN_FILE), hostname()),
    writeFile: async (path, chunks) => {
      const unfinished = `${path}.new`;
      try {
        await writeFile(unfinished, chunks, { mode: 0o640, flush: true });
        await rename(unfinished, path);
      } catch (error) {
        await rm(unfinished, { force: true });
        throw error;
      }
    },
  }),
);
