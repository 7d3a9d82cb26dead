import { constants, setPriority, userInfo } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import { B2bua } from "./b2bua.ts";
import { Orders } from "./control/orders.ts";
import { listenForOrders } from "./control/socket.ts";
import { LiveCalls } from "./live-calls.ts";
import { Desk } from "./desk.ts";
import { Lanes } from "./prepaid/lanes.ts";
import type { Connect } from "./prepaid/lanes.ts";
import { statementMsOf } from "./prepaid/patience.ts";
import type { Accounting } from "./prepaid/prepaid-calls.ts";
import { Applications } from "./drachtio/applications.ts";
import { listenForApplications } from "./drachtio/server.ts";
import { ApplicationTags } from "./drachtio/tags.ts";
import { Registrations } from "./registrations/registrations.ts";
import { AccountSource } from "./registrations/source.ts";
import { HELP, readOptions, readSecrets, readSettings, SbcUsageError } from "./settings.ts";
import type { SbcOptions } from "./settings.ts";
import { RFC_3261_TIMERS } from "./sip/timers.ts";
import { shared } from "./shared.ts";
import { CallStore, CallStoreError } from "./store.ts";
import { Tally } from "./tally.ts";
import { Transport } from "./transport.ts";
import { Vault } from "./vault.ts";
import { WaitingRoom } from "./waiting-room.ts";

/* The process of ngcp-sems.service. It may be killed at any time: its calls are in Redis. */

const EXIT_STATUS = { failed: 1, usage: 2, fenced: 3 } as const;

/** How soon a Redis that was a replica is tried again: it is promoted within some 10 ms of a takeover. */
/** See `LiveCalls.saveShare`. */
const SHARE_EVERY_MS = 600_000;
const TRY_AGAIN_MS = 50;

const APPLICATION_SILENT_SECONDS = 5;

const say = (priority: number, sentence: string): void => {
  process.stderr.write(`<${priority}>${sentence}\n`);
};

/** What lasts is told of once, not with every call. */
const sayOnce = (priority: number): ((sentence: string) => void) => {
  let last = "";
  return (sentence) => {
    if (sentence !== last) say(priority, sentence);
    last = sentence;
  };
};

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : "unknown");

const onFenced = (): void => {
  say(3, "another process has taken the calls: this one ends");
  process.exit(EXIT_STATUS.fenced);
};

/** The store, as soon as the Redis of this node takes writes: on a node that prepares it is the replica of the peer's. */
const openStore = async ({ redis, secretsFile }: SbcOptions): Promise<CallStore> => {
  const settings = { endpoint: redis, password: readSecrets(secretsFile).redisPassword };
  const [warn, warnOfReading] = [sayOnce(4), sayOnce(4)];
  const onUnsaved = (reason: string): void =>
    warn(`calls are not written to Redis and would not survive: ${reason}`);
  const onUnread = (reason: string): void =>
    warnOfReading(`calls cannot be read from Redis, and what is about them waits: ${reason}`);
  const wait = sayOnce(5);
  for (;;) {
    try {
      return await CallStore.open(settings, { onFenced, onUnsaved, onUnread });
    } catch (error) {
      if (!(error instanceof CallStoreError)) throw error;
      wait(`waits: ${error.message}`);
      await delay(TRY_AGAIN_MS);
    }
  }
};

/** Its start is not to delay that of lb and proxy; from now on its calls wait for it. */
const stopYielding = (): void => {
  try {
    setPriority(constants.priority.PRIORITY_NORMAL);
  } catch (error) {
    say(6, `keeps its priority: ${reasonOf(error)}`);
  }
};

/** The library is loaded when it is needed for the first time: no call waits for it that is not prepaid. */
const connectionTo = ({ database }: SbcOptions, statementMs: () => number): Connect | undefined => {
  if (database === undefined) return undefined;
  const login = { socketPath: database, user: userInfo().username };
  return async (onClosed) => {
    const { connectExactly } = await import("../../appliance/database/client.ts");
    return connectExactly(login, "this node", { statementMs, onClosed });
  };
};

const accountingOf = (connect: Connect | undefined): Accounting => {
  const warn = sayOnce(4);
  const onTrouble = (reason: string): void => warn(`prepaid calls: ${reason}; tried again`);
  return { lanes: connect === undefined ? undefined : new Lanes(connect), onTrouble };
};

const registrationsOn = (desk: Desk, connect: Connect | undefined): Registrations => {
  const warn = sayOnce(4);
  return new Registrations({
    desk,
    source: connect === undefined ? undefined : new AccountSource(connect),
    onTrouble: (reason) => warn(`accounts with peers: ${reason}; tried again`),
  });
};

/** Its library is loaded when the calls are there: a takeover does not wait for it. */
const openXmlRpc = async ({ xmlrpc }: SbcOptions, orders: Orders): Promise<void> => {
  const { listenForXmlRpc } = await import("./control/xmlrpc.ts");
  await listenForXmlRpc(xmlrpc, orders);
};

const openApplications = async (
  { drachtio, secretsFile }: SbcOptions,
  applications: Applications,
  { local }: Transport,
): Promise<void> => {
  const secret = readSecrets(secretsFile).applicationSecret;
  const options = { at: drachtio, secret, local, say: (text: string) => say(4, text) };
  await listenForApplications(options, applications);
};

/** Goes on with the calls of the process before, and keeps what the next one will need. */
const takeCalls = async (core: B2bua, calls: LiveCalls, generation: number): Promise<void> => {
  const count = await core.takeOver();
  say(5, `generation ${generation}: ${count} calls taken over`);
  let turn = 0;
  setInterval(() => calls.saveShare((turn += 1)), SHARE_EVERY_MS).unref();
};

const main = async (): Promise<void> => {
  const options = readOptions(process.argv.slice(2));
  if (options === undefined) {
    process.stdout.write(HELP);
    return;
  }
  const timers = RFC_3261_TIMERS;
  const rooms: WaitingRoom[] = [];
  const transport = await Transport.open({ ...options.listen, timers }, (opened) => {
    const room = new WaitingRoom(opened);
    rooms.push(room);
    return room;
  });
  process.on("SIGTERM", () => void transport.close().then(() => process.exit()));
  const store = await openStore(options);
  stopYielding();
  const calls = new LiveCalls(store);
  const tally = new Tally();
  const { nextHop, settingsFile } = options;
  const settings = readSettings(settingsFile);
  const { recordSecret } = readSecrets(options.secretsFile);
  const vault = new Vault(recordSecret);
  const desk = new Desk({ transport, store, calls, timers, nextHop, tally, settings, vault });
  const connect = connectionTo(options, () => statementMsOf(desk.settings));
  const core = new B2bua(desk, accountingOf(connect));
  const applications = new Applications(
    desk,
    new ApplicationTags(recordSecret),
    () => 1_000 * (desk.settings.applicationSilentSeconds ?? APPLICATION_SILENT_SECONDS),
  );
  const registrations = registrationsOn(desk, connect);
  const cores = shared(shared(core, applications), registrations);
  for (const room of rooms) room.open(cores);
  const orders = new Orders({
    calls,
    tally,
    generation: store.generation,
    transport: () => ({
      transactions: transport.transactions.size,
      malformed: transport.transactions.discarded.malformed,
    }),
    end: (live) => core.end(live, "operator"),
    registrations: () => registrations.lines(),
    settings: () => desk.settings,
    reload: () => {
      desk.settings = readSettings(settingsFile);
      return settingsFile ?? "";
    },
  });
  // Calls matter more: without its control port it carries them all the same.
  await listenForOrders(options.control, orders).catch((error: unknown) => say(3, reasonOf(error)));
  await openApplications(options, applications, transport).catch((error: unknown) =>
    say(3, reasonOf(error)),
  );
  await takeCalls(core, calls, store.generation);
  // Calls come first: what is due meanwhile is late by a second.
  void registrations.begin();
  await openXmlRpc(options, orders).catch((error: unknown) => say(3, reasonOf(error)));
};

main().catch((error: unknown) => {
  say(3, reasonOf(error));
  process.exitCode = error instanceof SbcUsageError ? EXIT_STATUS.usage : EXIT_STATUS.failed;
  process.exit();
});
