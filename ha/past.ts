import { ROLE_FILE } from "./control/contract.ts";
import type { HaSettings } from "./core/settings.ts";
import type { HaState } from "./core/state.ts";
import { initialState } from "./core/state.ts";
import type { Instant } from "./core/time.ts";
import { loadRecord, RECORD_FILE, RecordFile } from "./effects/record.ts";
import { readData } from "./probes/database-files.ts";
import type { ServicesWord } from "./effects/role-file.ts";
import {
  ADDRESSES_FILE,
  RoleFile,
  servicesLeftBehind,
  writeAddressesFile,
} from "./effects/role-file.ts";
import type { Network } from "./network.ts";

/** What the kernel and the disk say of the life before this start, and where this life is written down. */
export interface Past {
  readonly initial: HaState;
  readonly record: RecordFile;
  readonly roleFile: RoleFile;
  readonly services: ServicesWord;
}

export const lookBack = async (
  network: Pick<Network, "addresses">,
  settings: HaSettings,
  now: () => Instant,
): Promise<Past> => {
  const held = await network.addresses.held(settings.sharedAddresses);
  const services = servicesLeftBehind(ROLE_FILE);
  const initial = initialState({
    at: now(),
    record: loadRecord(RECORD_FILE),
    holdsAddresses: held.length > 0,
    servicesRunning: services !== "closed",
    data: readData(),
  });
  writeAddressesFile(ADDRESSES_FILE, settings.sharedAddresses);
  return {
    initial,
    record: new RecordFile(RECORD_FILE, initial.record),
    roleFile: new RoleFile(ROLE_FILE, services, settings.deadMs, now),
    services,
  };
};
