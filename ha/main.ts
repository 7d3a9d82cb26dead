import { instant } from "./core/time.ts";
import { Daemon } from "./daemon.ts";
import { describe } from "./effects/describe.ts";
import { Journal } from "./journal/journal.ts";
import { haSettingsOf, isRealTime, readAppliance, SETTINGS_FILE } from "./settings.ts";

const NOT_REAL_TIME =
  "no real-time scheduling: heartbeats every 100 ms and a dead time of 500 ms are used";

const now = () => instant(performance.now());

const main = async (): Promise<void> => {
  // A restart ends at once and changes nothing: the next start adopts what runs (role-machine rule 9).
  process.on("SIGUSR1", () => process.exit());
  // systemd's watchdog bites: a loop that runs goes on, and SIGKILL follows (decision 0008).
  process.on("SIGUSR2", () => undefined);
  const realTime = isRealTime();
  const appliance = readAppliance(SETTINGS_FILE);
  const journal = new Journal();
  if (!realTime) journal.write("warning", NOT_REAL_TIME);
  const daemon = await Daemon.begin({
    appliance,
    settings: haSettingsOf(appliance, realTime),
    journal,
    realTime,
    now,
  });
  process.on("SIGTERM", () => daemon.end());
};

main().catch((error: unknown) => {
  process.stderr.write(`<3>${describe(error)}\n`);
  process.exit(1);
});
