import { instant } from "./core/time.ts";
import { Daemon } from "./daemon.ts";
import { describe } from "./effects/describe.ts";
import { Journal } from "./journal/journal.ts";
import {
  haSettingsOf,
  isRealTime,
  readAppliance,
  schedulingProblem,
  SETTINGS_FILE,
} from "./settings.ts";

const now = () => instant(performance.now());

const main = async (): Promise<void> => {
  // A restart ends at once and changes nothing: the next start adopts what runs (role-machine rule 9).
  process.on("SIGUSR1", () => process.exit());
  // systemd's watchdog bites: a loop that runs goes on, and SIGKILL follows (decision 0008).
  process.on("SIGUSR2", () => undefined);
  const realTime = isRealTime();
  const appliance = readAppliance(SETTINGS_FILE);
  const journal = new Journal();
  const settings = haSettingsOf(appliance, realTime);
  const problem = schedulingProblem(settings, realTime);
  if (problem !== undefined) journal.write("warning", problem);
  const daemon = await Daemon.begin({
    appliance,
    settings,
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
