import { ROLE_FILE } from "./control/contract.ts";
import type { HaSettings } from "./core/settings.ts";
import type { HaState } from "./core/state.ts";
import { initialState } from "./core/state.ts";
import type { Instant } from "./core/time.ts";
import { millis } from "./core/time.ts";
import { loadRecord, RECORD_FILE, RecordFile } from "./effects/record.ts";
import { readData } from "./probes/database-files.ts";
import type { ServicesWord } from "./effects/role-file.ts";
import { RoleFile, roleLeftBehind, servicesLeftBehind } from "./effects/role-file.ts";
import type { Before } from "./journal/chronicle.ts";
import type { Journal } from "./journal/journal.ts";
import { LAST_CHANGE_FILE, loadLastChange } from "./journal/last-change.ts";
import type { Network } from "./network.ts";

/** A daemon that was away for longer than that did not just start again: systemd gives up after 10 s (ngcp-ha.service). */
const STARTS_AGAIN_WITHIN_MS = millis(20_000);

/** What the kernel and the disk say of the life before this start, and where this life is written down. */
export interface Past {
  readonly initial: HaState;
  readonly record: RecordFile;
  readonly roleFile: RoleFile;
  readonly services: ServicesWord;
  readonly before: Before;
}

export interface Looking {
  readonly settings: HaSettings;
  readonly journal: Journal;
  readonly now: () => Instant;
}

export const lookBack = async (
  network: Pick<Network, "addresses">,
  { settings, journal, now }: Looking,
): Promise<Past> => {
  const held = await network.addresses.held(settings.sharedAddresses);
  const services = servicesLeftBehind(ROLE_FILE);
  const before: Before = {
    change: loadLastChange(LAST_CHANGE_FILE),
    role: roleLeftBehind(ROLE_FILE, STARTS_AGAIN_WITHIN_MS),
  };
  const initial = initialState({
    at: now(),
    record: loadRecord(RECORD_FILE),
    holdsAddresses: held.length > 0,
    servicesRunning: services !== "closed",
    data: readData(),
  });
  return {
    initial,
    record: new RecordFile(RECORD_FILE, initial.record),
    roleFile: new RoleFile({
      path: ROLE_FILE,
      services,
      deadMs: settings.deadMs,
      addresses: settings.sharedAddresses,
      now,
      journal,
    }),
    services,
    before,
  };
};
