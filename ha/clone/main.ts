import { rm } from "node:fs/promises";
import { Socket } from "node:net";
import { run } from "../../appliance/system/command.ts";
import { CHECK_FILES } from "../control/contract.ts";
import { describe } from "../effects/describe.ts";
import { readAppliance, SETTINGS_FILE } from "../settings.ts";
import { give } from "./give.ts";
import { CLONE_REPORT, readReport, writeReport } from "./report.ts";
import { Reporter } from "./reporter.ts";
import { take } from "./take.ts";

/*
 * ngcp-clone give: called by ngcp-clone@.service with a connection of the peer as standard input.
 * ngcp-clone take: called by ngcp-clone.service, which starts MariaDB with the copy.
 * ngcp-clone done: called by it after that.
 */

const LAST_CHECK = `/var/lib/ngcp-ha/${CHECK_FILES.mysql}`;
const BYTES_PER_MB = 1_000_000;
const MERGED_WITHIN_MS = 3_600_000;

const giveTo = async (): Promise<void> => {
  const { secrets, database } = readAppliance(SETTINGS_FILE);
  const socket = new Socket({ fd: 0, readable: true, writable: true });
  await give(socket, secrets?.replicationPassword ?? "", database.cloneRateMb * BYTES_PER_MB);
};

const takeFrom = async (): Promise<void> => {
  const report = new Reporter(CLONE_REPORT);
  try {
    await take(readAppliance(SETTINGS_FILE), report);
  } catch (error) {
    report.failed(describe(error));
    throw error;
  } finally {
    report.end();
  }
};

const done = async (): Promise<void> => {
  // What was compared is no more.
  await rm(LAST_CHECK, { force: true });
  const report = readReport(CLONE_REPORT);
  if (report === undefined) return;
  writeReport(CLONE_REPORT, { ...report, phase: "done", at: Date.now() });
  const { policy } = readAppliance(SETTINGS_FILE).replication;
  if (policy === "merge" && report.saved !== null) await merge();
};

/** What only this node had goes to the active one, where none of it is in conflict; otherwise it stays where it is. */
const merge = async (): Promise<void> => {
  const words = ["quarantine", "restore"];
  const said = await run("ngcp-replication", words, { timeoutMs: MERGED_WITHIN_MS }).then(
    ({ stdout }) => stdout,
    (error: unknown) => describe(error),
  );
  process.stdout.write(`${said}\n`);
};

const WORK: Readonly<Partial<Record<string, () => Promise<void>>>> = {
  give: giveTo,
  take: takeFrom,
  done,
};

const work = WORK[process.argv[2] ?? ""];
if (work === undefined) {
  process.stderr.write("Usage: ngcp-clone give | take | done\n");
  process.exitCode = 2;
} else
  work().then(
    () => process.exit(0),
    (error: unknown) => {
      process.stderr.write(`${describe(error)}\n`);
      process.exit(1);
    },
  );
