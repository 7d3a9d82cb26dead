import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { hostname, uptime } from "node:os";
import { dirname } from "node:path";
import { parseArgs } from "node:util";
import { connectDatabase, LOGIN_FILE, readLogin } from "../../appliance/database/client.ts";
import { ApplianceError } from "../../appliance/errors.ts";
import { ALIVE_FILE, readSettings, SETTINGS_FILE } from "./settings.ts";
import { Mediator } from "./work.ts";

/* The process of ngcp-mediator.service. It may be killed at any time: what it has begun is rolled back by MariaDB. */

const { values } = parseArgs({
  options: {
    login: { type: "string", default: LOGIN_FILE },
    settings: { type: "string", default: SETTINGS_FILE },
    alive: { type: "string", default: ALIVE_FILE },
  },
});

const write = (priority: number, sentence: string): void =>
  void process.stdout.write(`<${priority}>${sentence}\n`);

/** Seconds since the machine was started, which no clock setting changes. */
const writeAlive = (): void => {
  writeFileSync(`${values.alive}.new`, `${uptime()}\n`);
  renameSync(`${values.alive}.new`, values.alive);
};

const main = async (): Promise<void> => {
  mkdirSync(dirname(values.alive), { recursive: true });
  const node = hostname();
  await new Mediator({
    database: await connectDatabase(readLogin(values.login), node),
    node,
    settings: () => readSettings(values.settings),
    now: Date.now,
    elapsed: () => performance.now(),
    say: (sentence) => write(6, sentence),
    alive: writeAlive,
  }).run();
};

main().catch((error: unknown) => {
  if (!(error instanceof ApplianceError)) throw error;
  write(3, `${error.code}: ${error.message}`);
  // systemd starts it again.
  process.exit(1);
});
