import { open, rename, rm, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { dirname } from "node:path";
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
        // The name, too, is on the disk before its records count as exported.
        const folder = await open(dirname(path));
        await folder.sync();
        await folder.close();
      } catch (error) {
        await rm(unfinished, { force: true });
        throw error;
      }
    },
  }),
);
