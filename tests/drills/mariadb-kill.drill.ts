import { drill } from "./harness/drill.ts";

export const story = drill(
  "mariadb-kill",
  "the database of the active node is killed; it comes back there, and the call goes on",
  async (pair) => {
    await pair.ready();

    await pair.faults.signalUnit(pair.active, "ngcp-mysql.service", "KILL");
    await pair.expect.databaseWritable({ withinMs: 30_000 });
    await pair.expect.callKept();
    pair.expect.neverBothHeld();
  },
);
