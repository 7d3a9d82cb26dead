import { readFileSync } from "node:fs";
import { isIP } from "node:net";
import { parseArgs } from "node:util";
import { ApplianceError } from "../../appliance/errors.ts";
import { B2bua } from "./b2bua.ts";
import { LiveCalls } from "./live-calls.ts";
import { RFC_3261_TIMERS } from "./sip/timers.ts";
import type { Endpoint } from "./sip/via.ts";
import { CallStore } from "./store.ts";
import { Transport } from "./transport.ts";

const HELP = `Usage: ngcp-sbc [options]

The back-to-back user agent of the active node: each call as two dialogs, whose state is in Redis. Started on a node
that becomes active it goes on with the calls of the other one.

  --listen ADDRESS:PORT     UDP address of both legs; of the pair, not of the node (default 127.0.0.1:5080)
  --next-hop ADDRESS:PORT   where calls go: the load-balancer (default 127.0.0.1:5060)
  --redis ADDRESS:PORT      the Redis of this node (default 127.0.0.1:6379)
  --redis-password FILE     file that holds its password
  --help                    this text

Exit status: 0 ended by SIGTERM, 1 could not start, 2 wrong options, 3 another process has taken the calls
`;

const EXIT_STATUS = { failed: 1, usage: 2, fenced: 3 } as const;

class SbcUsageError extends ApplianceError {
  override readonly name = "SbcUsageError";
  readonly code = "NGCP_SBC_USAGE";
}

const say = (priority: number, sentence: string): void => {
  process.stderr.write(`<${priority}>${sentence}\n`);
};

const endpoint = (text: string): Endpoint => {
  const [, bracketed, plain = "", digits = ""] = /^(?:\[(.+)\]|([^:]+)):(\d+)$/.exec(text) ?? [];
  const address = bracketed ?? plain;
  const port = Number(digits);
  if (isIP(address) === 0 || port > 65_535)
    throw new SbcUsageError(`"${text}" is no ADDRESS:PORT; see --help`);
  return { address, port };
};

const OPTIONS = {
  listen: { type: "string", default: "127.0.0.1:5080" },
  "next-hop": { type: "string", default: "127.0.0.1:5060" },
  redis: { type: "string", default: "127.0.0.1:6379" },
  "redis-password": { type: "string" },
  help: { type: "boolean", default: false },
} as const;

const readOptions = () => {
  try {
    return parseArgs({ options: OPTIONS }).values;
  } catch (error) {
    const reason = error instanceof Error ? error.message : "wrong options";
    throw new SbcUsageError(`${reason}; see --help`, { cause: error });
  }
};

/** A lost store is told of once, not with every call. */
const warnOnce = (): ((reason: string) => void) => {
  let last = "";
  return (reason) => {
    if (reason !== last) say(4, `calls are not written to Redis and would not survive: ${reason}`);
    last = reason;
  };
};

const main = async (): Promise<void> => {
  const options = readOptions();
  if (options.help) {
    process.stdout.write(HELP);
    return;
  }
  const listen = endpoint(options.listen);
  const nextHop = endpoint(options["next-hop"]);
  const file = options["redis-password"];
  const password = file === undefined ? undefined : readFileSync(file, "utf8").trim();
  const settings = { endpoint: endpoint(options.redis), password };
  const onFenced = (): void => {
    say(3, "another process has taken the calls: this one ends");
    process.exit(EXIT_STATUS.fenced);
  };
  const store = await CallStore.open(settings, { onFenced, onUnsaved: warnOnce() });
  const calls = new LiveCalls(store);
  const timers = RFC_3261_TIMERS;
  const cores: B2bua[] = [];
  const transport = await Transport.open({ ...listen, timers }, (opened) => {
    const core = new B2bua({ transport: opened, store, calls, timers, nextHop });
    cores.push(core);
    return core;
  });
  process.on("SIGTERM", () => {
    void transport.close().then(() => store.close());
  });
  for (const core of cores) {
    const count = await core.takeOver();
    say(5, `generation ${store.generation}: ${count} calls taken over`);
  }
};

main().catch((error: unknown) => {
  say(3, error instanceof Error ? error.message : "unknown");
  process.exitCode = error instanceof SbcUsageError ? EXIT_STATUS.usage : EXIT_STATUS.failed;
  process.exit();
});
