import { readFile, rename, rm, writeFile } from "node:fs/promises";
import type { Socket } from "node:net";
import { Argument, Command, InvalidArgumentError } from "commander";
import type { Appliance } from "../../appliance/model.ts";
import { applianceInForce, nodeNamed, planSite } from "../../appliance/ngcpcfg/site.ts";
import { keepCertificate, readCertificate } from "../../appliance/pair/certificate.ts";
import { newCode, PairCodeError } from "../../appliance/pair/code.ts";
import type { Crosslink } from "../../appliance/pair/dial.ts";
import { offerSecrets, takeSecrets } from "../../appliance/pair/offer.ts";
import { answerPeer } from "../../appliance/pair/answer-peer.ts";
import { peerKeys } from "../../appliance/pair/peer-keys.ts";
import { keysOf, rotate } from "../../appliance/pair/rotation.ts";
import {
  newHeartbeatKey,
  newSecrets,
  readSecrets,
  writeSecrets,
} from "../../appliance/pair/secrets.ts";
import { exitStatusHelp, type ExitName } from "../exit-status.ts";
import type { Desk, Tool } from "../tool.ts";
import { VERSION } from "../../appliance/version.ts";
import { buildOn, rebuildOn } from "./ngcpcfg/build.ts";
import type { ConfigGround } from "./ngcpcfg/ground.ts";
import { alone } from "./ngcpcfg/lock.ts";
import { ownConfig } from "./ngcpcfg/own-config.ts";
import { notePending, noteRestarted } from "./ngcpcfg/services.ts";
import { ownKeys } from "./own-keys.ts";

/** What ngcp-pair needs of the machine it runs on. */
export interface PairGround extends ConfigGround {
  /** From now on systemd hears the peer's questions about keys. */
  readonly enableAnswering: () => Promise<void>;
  /** The connection that systemd started this process for. */
  readonly callingPeer: () => Socket;
}

interface Options {
  readonly codeFile?: string;
  readonly minutes: number;
  readonly replace?: true;
}

const EXITS = {
  done: "done",
  failed: "it failed; the reason is on standard error",
  usage: "wrong usage",
  refused: "refused: this node has secrets already, or none",
  timedOut: "the peer did not come for the secrets in time; `ngcp-pair create` offers them again",
};

const DEFAULT_MINUTES = 10;
const MS_PER_MINUTE = 60_000;

const parseMinutes = (text: string): number => {
  const minutes = Number(text);
  if (!(minutes > 0 && minutes <= 60)) throw new InvalidArgumentError("Minutes from 0 to 60.");
  return minutes;
};

const define = (): Command =>
  new Command("ngcp-pair")
    .description("gives the two nodes the secrets that make them a pair, over the crosslink")
    .addArgument(
      new Argument("<action>", "what to do").choices(["create", "join", "rotate", "answer"]),
    )
    .argument("[code]", "with join: the code that create printed on the other node")
    .option("--code-file <file>", "create writes the code to it, join reads it from there")
    .option(
      "--minutes <minutes>",
      "with create: how long to wait for the peer",
      parseMinutes,
      DEFAULT_MINUTES,
    )
    .option("--replace", "with join: also when this node has other secrets")
    .version(VERSION)
    .addHelpText("after", exitStatusHelp(EXITS));

/** What `--help` and the man page are made of; it needs no machine. */
export const pairDefinition = { define, exits: EXITS };

/** The database and Redis take their passwords from files that they read when they start. */
const STORES = [
  { name: "mysql", unit: "ngcp-mysql.service" },
  { name: "redis", unit: "ngcp-redis.service" },
] as const;
const DAEMON = { name: "ngcp-ha", unit: "ngcp-ha.service" } as const;

const applianceOn = async (desk: Desk, ground: PairGround): Promise<Appliance> =>
  (await planSite({ ...ground.site, node: nodeNamed(desk.node) })).loaded.appliance;

const crosslinkOf = ({ self, peer }: Appliance): Crosslink => ({
  own: self.crosslink.address,
  peer: peer.crosslink.address,
});

/** An apply that waits for a service is waited for. */
const TURN_WITHIN_MS = 30_000;

/** Has the configuration to itself while it changes. */
const inTurn = <Result>(ground: PairGround, work: () => Promise<Result>): Promise<Result> =>
  alone(ground.runtimeDirectory, work, TURN_WITHIN_MS);

/**
 * Writes the configuration with the new secrets and starts what works with them. A node that works already goes on with
 * what it has in force; one that does not is given what its files say.
 *
 * @param wasPaired on a node that was not, nothing else can have run with older ones
 */
const putIntoForce = async (
  desk: Desk,
  ground: PairGround,
  wasPaired: boolean,
): Promise<ExitName> => {
  const built = await inTurn(ground, () =>
    wasPaired ? rebuildOn(desk, ground) : buildOn(desk, ground),
  );
  if (built !== "done") return built;
  await ground.enableAnswering();
  for (const { unit } of [...STORES, DAEMON]) await desk.units.restart(unit);
  if (wasPaired)
    await noteRestarted(
      ground,
      [...STORES, DAEMON].map(({ name }) => name),
    );
  else await notePending(ground, []);
  return "done";
};

/** Whole at once, since somebody waits for the file to appear. */
const writeCode = async (path: string, code: string): Promise<void> => {
  await rm(`${path}.new`, { force: true });
  await writeFile(`${path}.new`, `${code}\n`, { mode: 0o600, flag: "wx" });
  await rename(`${path}.new`, path);
};

const offered = async (
  desk: Desk,
  ground: PairGround,
  appliance: Appliance,
  { codeFile, minutes }: Options,
): Promise<ExitName> => {
  if (appliance.secrets === undefined)
    throw new TypeError("secrets were written and are not there");
  const code = newCode();
  const minutesText = `${minutes} ${minutes === 1 ? "minute" : "minutes"}`;
  const taken = await offerSecrets({
    crosslink: crosslinkOf(appliance),
    code,
    secrets: appliance.secrets,
    certificate: await readCertificate(ground.site.configDirectory),
    signal: AbortSignal.any([AbortSignal.timeout(minutes * MS_PER_MINUTE), desk.onInterrupt()]),
    onRefused: (because) => desk.complain(`Somebody on the crosslink was turned away: ${because}`),
    onOpen: async () => {
      if (codeFile !== undefined) await writeCode(codeFile, code);
      const word = codeFile === undefined ? code : `--code-file FILE, with what ${codeFile} holds`;
      desk.say(`On ${appliance.peer.name}, within ${minutesText}: ngcp-pair join ${word}`);
    },
  });
  if (codeFile !== undefined) await rm(codeFile, { force: true });
  desk.say(taken ? `${appliance.peer.name} has the secrets: the two are a pair.` : "Nobody came.");
  return taken ? "done" : "timedOut";
};

const create = async (desk: Desk, ground: PairGround, options: Options): Promise<ExitName> => {
  const before = await applianceOn(desk, ground);
  if (before.secrets === undefined) {
    await writeSecrets(ground.site.configDirectory, newSecrets());
    desk.say("The secrets of the pair are made.");
    const forced = await putIntoForce(desk, ground, false);
    if (forced !== "done") return forced;
  } else {
    desk.say("This node has the secrets of the pair; they are offered again.");
  }
  return offered(desk, ground, await applianceOn(desk, ground), options);
};

const codeOf = async (code: string | undefined, file: string | undefined): Promise<string> => {
  if (code !== undefined) return code;
  if (file === undefined) throw new PairCodeError("say the code, or --code-file");
  try {
    return (await readFile(file, "utf8")).trim();
  } catch (cause) {
    const problem = cause instanceof Error ? cause.message : String(cause);
    throw new PairCodeError(`the code could not be read: ${problem}`, { cause });
  }
};

const join = async (
  desk: Desk,
  ground: PairGround,
  options: Options,
  code: string | undefined,
): Promise<ExitName> => {
  const appliance = await applianceOn(desk, ground);
  if (appliance.secrets !== undefined && options.replace !== true) {
    desk.complain("This node has the secrets of a pair already; --replace takes others instead.");
    return "refused";
  }
  const typed = await codeOf(code, options.codeFile);
  const { configDirectory } = ground.site;
  await takeSecrets(crosslinkOf(appliance), typed, async (secrets, certificate) => {
    await inTurn(ground, async () => {
      // The secrets last: a join that failed before them can simply be done again.
      if (certificate !== undefined)
        await keepCertificate(configDirectory, ground.stateDirectory, certificate);
      await writeSecrets(configDirectory, secrets);
    });
  });
  desk.say(`The secrets of ${appliance.peer.name} are here: the two are a pair.`);
  return putIntoForce(desk, ground, appliance.secrets !== undefined);
};

const rotateKeys = async (desk: Desk, ground: PairGround): Promise<ExitName> => {
  const appliance = await applianceOn(desk, ground);
  if (appliance.secrets === undefined) {
    desk.complain("NGCP_NOT_PAIRED: this node has no secrets of a pair: ngcp-pair create, or join");
    return "refused";
  }
  const own = ownKeys(desk, ground);
  await rotate(own, peerKeys(crosslinkOf(appliance), own), newHeartbeatKey());
  desk.say("Both nodes have a new heartbeat key, and the old one is good no more.");
  return "done";
};

const answerOne = async (desk: Desk, ground: PairGround): Promise<ExitName> => {
  const { peer } = await applianceInForce(ground.site.root);
  const secrets = await readSecrets(ground.site.configDirectory);
  const socket = ground.callingPeer();
  if (secrets === undefined || socket.remoteAddress !== peer.crosslink.address) {
    socket.destroy();
    desk.complain("Turned away: not the peer, or this node has no secrets.");
    return "refused";
  }
  await answerPeer(socket, {
    proofs: keysOf(secrets.heartbeatKeys),
    keys: ownKeys(desk, ground),
    config: ownConfig(desk, ground),
  });
  return "done";
};

export const pairOn = (ground: PairGround): Tool => ({
  ...pairDefinition,
  run: async (parsed, desk) => {
    if (!ground.isRoot) {
      desk.complain("Error: ngcp-pair requires root permissions.");
      return "failed";
    }
    const [action, code] = parsed.args;
    const options = parsed.opts<Options>();
    if (action === "create") return create(desk, ground, options);
    if (action === "join") return join(desk, ground, options, code);
    return action === "rotate" ? rotateKeys(desk, ground) : answerOne(desk, ground);
  },
});
