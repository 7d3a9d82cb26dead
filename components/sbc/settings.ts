import { readFileSync } from "node:fs";
import { isIP } from "node:net";
import { parseArgs } from "node:util";
import { ApplianceError } from "../../appliance/errors.ts";
import type { Endpoint } from "./sip/via.ts";

export const HELP = `Usage: ngcp-sems [options]

The back-to-back user agent of the active node: each call as two dialogs, whose state is in Redis. Started on a node
that becomes active it goes on with the calls of the other one. Until the Redis of this node takes writes it answers
OPTIONS and keeps what else it is sent.

  --listen ADDRESS:PORT     UDP address of both legs; of the pair, not of the node (default 127.0.0.1:5080)
  --next-hop ADDRESS:PORT   where calls go: the load-balancer (default 127.0.0.1:5060)
  --redis ADDRESS:PORT      the Redis of this node (default 127.0.0.1:6379)
  --control ADDRESS:PORT    where ngcp-sbc is answered, UDP (default 127.0.0.1:5040)
  --xmlrpc ADDRESS:PORT     where the same is answered as XML-RPC, TCP (default 127.0.0.1:8090)
  --drachtio ADDRESS:PORT   where applications connect, TCP; they show the secret (default 127.0.0.1:9022)
  --settings FILE           what ngcpcfg has written for it; read anew by ngcp-sbc reload
  --database SOCKET         the MariaDB of this node, where prepaid calls are paid and accounts with peers are found;
                            asked as the user that runs this
  --secrets FILE            the password of Redis, what seals those of peers in it, and the secret of applications;
                            written by ngcpcfg
  --help                    this text

Exit status: 0 ended by SIGTERM, 1 could not start, 2 wrong options, 3 another process has taken the calls
`;

export class SbcUsageError extends ApplianceError {
  override readonly name = "SbcUsageError";
  readonly code = "NGCP_SBC_USAGE";
}

export class SbcSettingsError extends ApplianceError {
  override readonly name = "SbcSettingsError";
  readonly code = "NGCP_SBC_SETTINGS";

  constructor(path: string, options?: ErrorOptions) {
    super(`${path} cannot be read; \`ngcpcfg build\` writes it`, options);
  }
}

/** The file that ngcpcfg writes from config.yml: see appliance/templates/etc/ngcp-sems. */
export interface SbcSettings {
  /** What we ask for in the session timers of each leg; 1800 where absent. */
  readonly sessionExpiresSeconds?: number;
  /** How often a side that knows no session timers is asked whether it lives; 0 for never, 300 where absent. */
  readonly keepAliveSeconds?: number;
  /** Of one call from its answer on; absent for no limit. */
  readonly maxCallSeconds?: number;
  /** How long an INVITE may have no final answer: longer than the proxy waits for it; 186 where absent. */
  readonly ringSeconds?: number;
  /** For so long a prepaid call reserves at once, as far as the balance goes; 30 where absent. */
  readonly prepaidStepSeconds?: number;
  /** What a prepaid call does at the end of what is paid while the database does not answer; ends where absent. */
  readonly prepaidWithoutDatabase?: "end" | "continue";
  /** How long a commit waits for a peer that is lost; absent where it waits for none. */
  readonly commitWaitMs?: number;
  /** How long an application may leave a request without any response; 5 where absent. */
  readonly applicationSilentSeconds?: number;
  /** For how long numbers are registered with peers; 3600 where absent. */
  readonly registrationExpiresSeconds?: number;
  /** How many REGISTERs begin in a second at most; 20 where absent. */
  readonly registrationsPerSecond?: number;
  /** The address that peers call; that of `--listen` where absent. */
  readonly publicHost?: string;
}

interface SbcSecrets {
  readonly redisPassword?: string;
  readonly recordSecret?: string;
  /** Who knows it is an application. */
  readonly applicationSecret?: string;
}

export interface SbcOptions {
  readonly listen: Endpoint;
  readonly nextHop: Endpoint;
  readonly redis: Endpoint;
  readonly control: Endpoint;
  readonly xmlrpc: Endpoint;
  readonly drachtio: Endpoint;
  readonly settingsFile: string | undefined;
  readonly secretsFile: string | undefined;
  /** The socket of MariaDB. */
  readonly database: string | undefined;
}

const OPTIONS = {
  listen: { type: "string", default: "127.0.0.1:5080" },
  "next-hop": { type: "string", default: "127.0.0.1:5060" },
  redis: { type: "string", default: "127.0.0.1:6379" },
  control: { type: "string", default: "127.0.0.1:5040" },
  xmlrpc: { type: "string", default: "127.0.0.1:8090" },
  drachtio: { type: "string", default: "127.0.0.1:9022" },
  settings: { type: "string" },
  secrets: { type: "string" },
  database: { type: "string" },
  help: { type: "boolean", default: false },
} as const;

const endpoint = (text: string): Endpoint => {
  const [, bracketed, plain = "", digits = ""] = /^(?:\[(.+)\]|([^:]+)):(\d+)$/.exec(text) ?? [];
  const address = bracketed ?? plain;
  const port = Number(digits);
  if (isIP(address) === 0 || port > 65_535)
    throw new SbcUsageError(`"${text}" is no ADDRESS:PORT; see --help`);
  return { address, port };
};

const valuesOf = (args: readonly string[]) => {
  try {
    return parseArgs({ options: OPTIONS, args: [...args] }).values;
  } catch (error) {
    const reason = error instanceof Error ? error.message : "wrong options";
    throw new SbcUsageError(`${reason}; see --help`, { cause: error });
  }
};

/** @throws {SbcUsageError} for options that there are not; @returns undefined where help is asked for */
export const readOptions = (args: readonly string[]): SbcOptions | undefined => {
  const values = valuesOf(args);
  if (values.help) return undefined;
  return {
    listen: endpoint(values.listen),
    nextHop: endpoint(values["next-hop"]),
    redis: endpoint(values.redis),
    control: endpoint(values.control),
    xmlrpc: endpoint(values.xmlrpc),
    drachtio: endpoint(values.drachtio),
    settingsFile: values.settings,
    secretsFile: values.secrets,
    database: values.database,
  };
};

/** ngcpcfg writes these files whole and has validated them. */
const readJson = (path: string | undefined): unknown => {
  if (path === undefined) return {};
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch (cause) {
    throw new SbcSettingsError(path, { cause });
  }
};

/** @throws {SbcSettingsError} when the file is not there or no JSON */
export const readSettings = (path: string | undefined): SbcSettings =>
  readJson(path) as SbcSettings;

/** @throws {SbcSettingsError} when the file is not there or no JSON */
export const readSecrets = (path: string | undefined): SbcSecrets => readJson(path) as SbcSecrets;
