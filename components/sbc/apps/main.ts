import { randomUUID } from "node:crypto";
import { hostname, userInfo } from "node:os";
import { setTimeout } from "node:timers/promises";
import { parseArgs } from "node:util";
import Srf from "drachtio-srf";
import { connectDatabase } from "../../../appliance/database/client.ts";
import type { Database } from "../../../appliance/database/client.ts";
import { ApplianceError } from "../../../appliance/errors.ts";
import type { Deed } from "./codes.ts";
import { doFor } from "./deeds.ts";
import type { Outcome } from "./outcome.ts";
import { Connection } from "./reminder/connection.ts";
import { ring } from "./reminder/ring.ts";
import { Reminders } from "./reminder/round.ts";
import { readApplicationSecret, readCodes, readReminderSettings } from "./settings.ts";
import { messageOf, serveCodes } from "./vsc.ts";

/*
 * The process of ngcp-sbc-apps.service: the applications of the appliance itself, on drachtio-srf. It may be killed at any
 * time: what it has begun is rolled back by MariaDB, and its callers hear of it from the sbc.
 */

const { values } = parseArgs({
  options: {
    drachtio: { type: "string", default: "127.0.0.1:9022" },
    database: { type: "string", default: "/run/mysqld/mysqld.sock" },
    settings: { type: "string", default: "/etc/ngcp-sbc-apps/settings.json" },
    secrets: { type: "string", default: "/etc/ngcp-sbc-apps/secrets.json" },
  },
});

/** How long it waits at most before it tries again to reach an sbc that is being started. */
const RECONNECT_MS = 500;

const say = (priority: number, sentence: string): void =>
  void process.stdout.write(`<${priority}>${sentence}\n`);

/** How often it looks which reminders are due. */
const LOOK_MS = 2_000;

/** The account of the user that runs this; grants/ngcp-sbc-apps.sql says what it may. */
const LOGIN = { socketPath: values.database, user: userInfo().username };

/** A connection for each wish and look: none of them meets one that has broken meanwhile. */
const connect = (): Promise<Database> => connectDatabase(LOGIN, hostname());

const perform = async (uuid: string, deed: Deed): Promise<Outcome> => {
  const database = await connect();
  try {
    return await doFor(database, uuid, deed);
  } finally {
    await database.end();
  }
};

/** Looks for as long as the process lives, and only while there is a B2BUA that carries the calls. */
const remind = async (srf: Srf, connection: Connection): Promise<void> => {
  const warn = (sentence: string): void => say(4, sentence);
  const reminders = new Reminders({
    settings: () => readReminderSettings(values.settings),
    connect,
    ring: ring(srf, warn),
    onLost: (abandon) => connection.onLost(abandon),
    now: () => Math.floor(Date.now() / 1000),
    say: warn,
    owner: randomUUID(),
  });
  let failed = "";
  for (;;) {
    const failure = connection.isOpen ? await reminders.look().then(() => "", messageOf) : "";
    // Said once, not every two seconds: a node that is becoming active is read-only for a while.
    if (failure !== "" && failure !== failed) warn(`reminders wait: ${failure}`);
    failed = failure;
    await setTimeout(LOOK_MS);
  }
};

const main = (): void => {
  const [host = "", port = ""] = values.drachtio.split(":");
  const srf = new Srf("vsc");
  serveCodes(srf, {
    codes: () => readCodes(values.settings),
    perform,
    say: (sentence) => say(4, sentence),
  });
  // The package gives it (null, HOSTPORT) when all is well; its types say Error.
  srf.on("connect", (failure: Error | null) => {
    if (failure === null) say(6, "serves the codes of vertical services");
    else {
      say(3, `the sbc lets it not in: ${failure.message}`);
      process.exit(1);
    }
  });
  srf.on("error", (failure) => say(6, `the sbc cannot be reached: ${failure.message}`));
  const secret = readApplicationSecret(values.secrets);
  const reconnect = { retryMaxDelay: RECONNECT_MS };
  const connection = { host, port: Number(port), secret, reconnect };
  void srf.connect(connection);
  void remind(srf, new Connection(srf));
};

try {
  main();
} catch (error) {
  if (!(error instanceof ApplianceError) && !(error instanceof Error)) throw error;
  say(3, error.message);
  // systemd starts it again.
  process.exit(1);
}
