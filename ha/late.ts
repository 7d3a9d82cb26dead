import { setTimeout as delay } from "node:timers/promises";
import type { Appliance } from "../appliance/model.ts";
import { COMPONENTS } from "../components/index.ts";
import { mysql } from "../components/mysql.ts";
import type { CommandDesk } from "./control/command-desk.ts";
import type { HaSettings } from "./core/settings.ts";
import type { HaState } from "./core/state.ts";
import type { Instant } from "./core/time.ts";
import type { ServicePorts } from "./effects/handlers.ts";
import type { CachePort, DatabasePort } from "./effects/ports.ts";
import type { ServicesWord } from "./effects/role-file.ts";
import { Copies } from "./effects/copies.ts";
import { describe } from "./effects/describe.ts";
import { keepInMemory } from "./effects/memory.ts";
import { systemd } from "./effects/units.ts";
import type { Chronicle } from "./journal/chronicle.ts";
import type { Journal } from "./journal/journal.ts";
import type { LoopDelay } from "./lateness.ts";
import type { Recorder } from "./journal/recorder.ts";
import type { Happening } from "./loop.ts";
import type { Network } from "./network.ts";
import { Components } from "./probes/components.ts";
import { readCut, writeData } from "./probes/database-files.ts";
import { Unmonitored } from "./probes/unmonitored.ts";
import type { Every } from "./rounds.ts";
import { cacheSettingsOf, databaseSettingsOf } from "./store-settings.ts";

const UNMONITORED_FILE = "/run/ngcp-ha/unmonitored";
/** Loading a module stops the loop for some 10 ms; between two of them heartbeats go out. */
const BETWEEN_LOADS_MS = 40;
const LOOK_MS = 10;

/** The longest that loading waits for an address on its way. */
const ADDRESS_FIRST_MS = 500;

/** What the daemon is made of by the time its first heartbeat is out. */
export interface DaemonParts {
  readonly appliance: Appliance;
  readonly settings: HaSettings;
  readonly journal: Journal;
  readonly chronicle: Chronicle;
  readonly recorder: Recorder<HaState>;
  readonly network: Network;
  readonly desk: CommandDesk;
  readonly realTime: boolean;
  /** What a daemon before this one left running. */
  readonly servicesAtStart: ServicesWord;
  readonly now: () => Instant;
  readonly post: (happening: Happening) => void;
  readonly every: Every;
  readonly loopDelayMs: () => LoopDelay;
  readonly snapshot: () => HaState;
}

/** What the services lane works with. */
export interface Services {
  readonly database: DatabasePort;
  readonly cache: CachePort;
  readonly unmonitored: Unmonitored;
  readonly watch: Components;
  readonly ports: ServicePorts;
}

/** A daemon that found the address and may have to release it at once. */
const addressMoves = ({ role, address, lanes }: HaState): boolean =>
  lanes.address !== undefined || (role === "starting" && address === "held");

/**
 * Nothing is loaded while the address moves: a release has 50 ms, and a loop that stops for a library three times on
 * its way would fence the node (found by the drill node-freeze).
 */
const addressFirst = async ({ snapshot, now }: DaemonParts): Promise<void> => {
  const startedAt = now();
  while (addressMoves(snapshot()) && now() - startedAt < ADDRESS_FIRST_MS) await delay(LOOK_MS);
};

/** A machine that does not let it is slower to stand down after it stood still, and otherwise the same. */
const staysInMemory = async (journal: DaemonParts["journal"]): Promise<void> => {
  try {
    await keepInMemory();
  } catch (error) {
    journal.write("warning", `the daemon may be paged out: ${describe(error)}`);
  }
};

const loadServices = async (parts: DaemonParts): Promise<Services> => {
  await addressFirst(parts);
  await parts.network.loadPackets();
  await staysInMemory(parts.journal);
  await delay(BETWEEN_LOADS_MS);
  const { createDatabase } = await import("./effects/database.ts");
  await delay(BETWEEN_LOADS_MS);
  const { createCache } = await import("./effects/cache.ts");
  const database = createDatabase(databaseSettingsOf(parts.appliance), {
    crash: (signal) => systemd.kill([mysql.unit], signal),
    copies: new Copies(systemd, Date.now),
    cut: () => readCut(),
    opened: () => writeData("own"),
    wentBack: () => writeData("lost"),
  });
  const cache = createCache(cacheSettingsOf(parts.appliance));
  const say = (sentence: string): void => parts.journal.write("warning", sentence);
  const unmonitored = new Unmonitored(UNMONITORED_FILE);
  const watch = new Components(
    {
      components: COMPONENTS,
      stores: { database, cache },
      units: systemd,
      unmonitored,
      now: parts.now,
      every: parts.every,
      say,
    },
    parts.servicesAtStart,
  );
  const ports: ServicePorts = {
    say,
    database,
    cache,
    units: systemd,
    wanted: () => watch.wantedOnActive(),
    setServices: (word) => watch.setServices(word),
    untilReady: (components, signal) => watch.untilReady(components, signal),
  };
  return { database, cache, unmonitored, watch, ports };
};

const loadRest = async (parts: DaemonParts, services: Services): Promise<void> => {
  await delay(BETWEEN_LOADS_MS);
  const { createLog } = await import("./journal/log.ts");
  parts.journal.attach(createLog(process.stdout.fd));
  await delay(BETWEEN_LOADS_MS);
  const { beginProbes } = await import("./probing.ts");
  const probes = beginProbes(parts, services);
  await delay(BETWEEN_LOADS_MS);
  const { openControl } = await import("./open-control.ts");
  await openControl(parts, services, probes);
};

/**
 * Loads a piece at a time what the first heartbeat did not need; what opens and closes services comes first,
 * for a takeover may be due.
 *
 * @returns the services, as soon as they are loaded, and the end of it all
 */
export const loadLate = (
  parts: DaemonParts,
): { readonly services: Promise<Services>; readonly rest: Promise<void> } => {
  const services = loadServices(parts);
  return { services, rest: services.then((loaded) => loadRest(parts, loaded)) };
};
