import type { Component } from "../../components/component.ts";
import { mysql } from "../../components/mysql.ts";
import type { SharedAddress } from "../core/settings.ts";
import { within } from "./deadline.ts";
import type { RecordFile } from "./record.ts";
import type { RoleFile, ServicesWord } from "./role-file.ts";
import type { AddressPort, CachePort, DatabasePort, UnitsPort } from "./ports.ts";
import type { StepHandlers } from "./runner.ts";
import { sideBySide } from "./side-by-side.ts";

/** Everything that runs on the active node alone; its units are started and stopped with it. */
export const ACTIVE_TARGET = "ngcp-active.target";

/** What the steps of the services lane work with. It is loaded after the first heartbeat is out. */
export interface ServicePorts {
  readonly database: Pick<DatabasePort, "open" | "close">;
  readonly cache: Pick<CachePort, "open" | "close">;
  readonly units: Pick<UnitsPort, "start" | "stop" | "beginStop" | "kill">;
  /** The components of the active node that are to run: those that an operator stopped are not among them. */
  readonly wanted: () => readonly Component[];
  /** A warning for the journal. */
  readonly say: (sentence: string) => void;
  /** Told before each services step: what is watched follows from it. */
  readonly setServices: (services: ServicesWord) => void;
  /** Resolves when each of them answers its probe. */
  readonly untilReady: (components: readonly Component[], signal: AbortSignal) => Promise<void>;
}

export interface HandlerParts {
  readonly addresses: readonly SharedAddress[];
  readonly address: Pick<AddressPort, "add" | "remove">;
  readonly record: Pick<RecordFile, "saveTerm">;
  readonly roleFile: Pick<RoleFile, "writeServices">;
  readonly fencePeer: (signal: AbortSignal) => Promise<void>;
  readonly services: () => Promise<ServicePorts>;
  /**
   * True while systemd is stopping the daemon. The components stop after it, by their order in the units, so a
   * daemon that waited for them would wait for itself.
   */
  readonly isEnding: () => boolean;
  /** Every component that runs on the active node alone. */
  readonly activeComponents: readonly Component[];
}

const unitsOf = (components: readonly Component[]): readonly string[] =>
  components.map(({ unit }) => unit);

/** A store that hangs must leave time to start or stop what stands beside it. */
const STORE_MAX_MS = 3_000;

const isPreparable = (component: Component): boolean => component.preparable;
const startsFirst = (component: Component): boolean => component.startsFirst === true;

/**
 * A component that depends on a store and cannot be prepared starts once that store is open: rtpengine
 * restores its calls from Redis when it starts, and takes itself for a standby beside a replica. Should Redis
 * not open it is started all the same, because new calls need a relay.
 */
const openCacheThenStart = async (
  ports: ServicePorts,
  components: readonly Component[],
  signal: AbortSignal,
): Promise<void> => {
  try {
    await ports.cache.open(within(STORE_MAX_MS, signal));
  } finally {
    await ports.units.start(unitsOf(components), signal);
  }
};

/** Wanted by the target, and by the B2BUA; where neither is started they are named one by one. */
export const UNITS_BEHIND = ["ngcp-schema.service", "ngcp-mediator.service"] as const;

/**
 * What starts when the first components answer. One call for the target and all that it wants; single units where an
 * operator keeps one of them stopped.
 */
const unitsThen = (
  wanted: readonly Component[],
  everyActive: readonly Component[],
): readonly string[] =>
  wanted.length === everyActive.length
    ? [ACTIVE_TARGET]
    : [...unitsOf(wanted.filter((one) => isPreparable(one) && !startsFirst(one))), ...UNITS_BEHIND];

/** The rest is not kept waiting by a component that does not come up, and has its own time to start before it counts as silent. */
const FIRST_MAX_MS = 3_000;

/**
 * Processor time is what a takeover is short of. What calls hear of at once starts first; with the others beside it the first
 * answer came 1.2 s later (decision 0035). Should the first not be started at all, the others are, all the same.
 */
const startInTurn = async (
  ports: ServicePorts,
  everyActive: readonly Component[],
  signal: AbortSignal,
): Promise<void> => {
  const wanted = ports.wanted();
  const first = wanted.filter(startsFirst);
  try {
    await ports.units.start(unitsOf(first.filter(isPreparable)), signal);
    await ports.untilReady(first, within(FIRST_MAX_MS, signal)).catch(() => undefined);
  } finally {
    signal.throwIfAborted();
    await ports.units.start(unitsThen(wanted, everyActive), signal);
  }
  await ports.untilReady(wanted, signal);
};

const prepareServices = async (ports: ServicePorts, signal: AbortSignal): Promise<void> => {
  const components = ports.wanted().filter(isPreparable);
  await ports.units.start(unitsOf(components), signal);
  await ports.untilReady(components, signal);
};

const openServices = async (
  ports: ServicePorts,
  everyActive: readonly Component[],
  signal: AbortSignal,
): Promise<void> => {
  const unprepared = ports.wanted().filter((component) => !isPreparable(component));
  await sideBySide([
    openCacheThenStart(ports, unprepared, signal),
    startInTurn(ports, everyActive, signal),
    ports.database.open(signal),
  ]);
};

/**
 * A database that is not closed when its time is over, because a statement of it waits for a full or hung disk, is
 * killed: what nobody was told to be committed must not be committed behind the other node's back. It starts again
 * read-only, and its recovery drops what was under way. Any other failure, and a node that takes its role back, leave
 * it alone.
 */
const closeDatabase = async (ports: ServicePorts, signal: AbortSignal): Promise<void> => {
  const inTime = within(STORE_MAX_MS, signal);
  try {
    await ports.database.close(inTime);
  } catch (error) {
    if (!inTime.aborted || signal.aborted) throw error;
    ports.say(
      `MariaDB is killed, because it could not be made read-only: ${asError(error).message}`,
    );
    await ports.units.kill([mysql.unit], signal);
  }
};

/** Each part is tried though another fails: what can be closed is closed. */
const closeServices = async (
  ports: ServicePorts,
  { activeComponents, isEnding }: Pick<HandlerParts, "activeComponents" | "isEnding">,
  signal: AbortSignal,
): Promise<void> => {
  const stores = await Promise.allSettled([
    closeDatabase(ports, signal),
    ports.cache.close(within(STORE_MAX_MS, signal)),
  ]);
  const units = [ACTIVE_TARGET, ...unitsOf(activeComponents)];
  if (isEnding()) await ports.units.beginStop(units, signal);
  else await ports.units.stop(units, signal);
  await sideBySide(
    stores.map((store) =>
      store.status === "rejected" ? Promise.reject(asError(store.reason)) : Promise.resolve(),
    ),
  );
};

const asError = (reason: unknown): Error =>
  reason instanceof Error ? reason : new Error(String(reason));

/** How each step of a plan is carried out. */
export const createHandlers = (parts: HandlerParts): StepHandlers => {
  const enter = async (services: ServicesWord): Promise<ServicePorts> => {
    parts.roleFile.writeServices(services);
    const ports = await parts.services();
    ports.setServices(services);
    return ports;
  };
  return {
    recordClaim: (step) => parts.record.saveTerm(step.term),
    fencePeer: (_step, signal) => parts.fencePeer(signal),
    addSharedAddresses: (_step, signal) => parts.address.add(parts.addresses, signal),
    removeSharedAddresses: (_step, signal) => parts.address.remove(parts.addresses, signal),
    prepareServices: async (_step, signal) => prepareServices(await enter("prepared"), signal),
    openServices: async (_step, signal) =>
      openServices(await enter("open"), parts.activeComponents, signal),
    closeServices: async (_step, signal) => closeServices(await enter("closed"), parts, signal),
  };
};
