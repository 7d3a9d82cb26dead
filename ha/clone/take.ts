import { readFile, stat, statfs, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Appliance } from "../../appliance/model.ts";
import { dial } from "../../appliance/pair/dial.ts";
import { run, start } from "../../appliance/system/command.ts";
import { ROLE_FILE } from "../control/contract.ts";
import { furthest, parsePositions, sequenceIn, withoutDomain } from "../replication/gtid.ts";
import { CloneFailedError } from "./errors.ts";
import type { Offer } from "./give.ts";
import type { Reporter } from "./reporter.ts";
import { secureCaller } from "./secure.ts";
import { dataIn, nextMessage, piecesOf, pour, sendMessage } from "./stream.ts";
import type { Piece } from "./stream.ts";

/** TCP port of the crosslink that ngcp-clone.socket listens on. */
const PORT = 6947;
const DATA = "/var/lib/mysql";
/** A copy grows up here and takes the place of the data when it is whole: until then the old data serve. */
const COPY = "/var/lib/mysql-clone";
const QUARANTINE = "/usr/lib/ngcp/mysql-quarantine";
/** A cable that is pulled ends no connection. mariadb-backup itself is silent for some seconds at its end. */
const SILENCE_MS = 15_000;
const QUICK_MS = 30_000;
/** Reading the binary log, and rolling the copy forward: minutes for a large database. */
const LONG_MS = 3_600_000;
/** The copy as it arrives, and the log that is written while it is prepared. */
const ROOM = 1.1;

const refuseWhereActive = async (): Promise<void> => {
  const word = await readFile(ROLE_FILE, "utf8").then(
    (text) => text.split(" ")[0],
    () => "starting",
  );
  if (word !== "standby" && word !== "starting")
    throw new CloneFailedError(`this node is ${word ?? "unknown"}, and a copy is for a standby`);
};

const refuseWithoutRoom = async ({ totalBytes }: Offer): Promise<void> => {
  const { bavail, bsize } = await statfs(join(DATA, ".."));
  const needed = Math.ceil(totalBytes * ROOM);
  if (bavail * bsize < needed)
    throw new CloneFailedError(
      `it takes ${needed} bytes beside ${DATA}, and ${bavail * bsize} are free there`,
    );
};

const refuseMountPoint = async (): Promise<void> => {
  const [own, above] = await Promise.all([
    stat(DATA).then(
      ({ dev }) => dev,
      () => undefined,
    ),
    stat(join(DATA, "..")),
  ]);
  if (own !== undefined && own !== above.dev)
    throw new CloneFailedError(`${DATA} is a file system of its own, which a copy cannot replace`);
};

const offerIn = (message: unknown): Offer => {
  if (typeof message === "object" && message !== null && "kind" in message) {
    if (message.kind === "begins") return message as Offer;
    if ("because" in message)
      throw new CloneFailedError(`the peer refused: ${String(message.because)}`);
  }
  throw new CloneFailedError("the peer did not offer a copy");
};

/** Saves what this node alone has. @returns the folder, or null when there is nothing */
const saveOwn = async (appliance: Appliance, { known }: Offer): Promise<string | null> => {
  const domain = appliance.self.id;
  const position = sequenceIn(parsePositions(known), domain);
  const args = [String(domain), String(position), appliance.peer.name];
  const { stdout } = await run(QUARANTINE, args, { timeoutMs: LONG_MS });
  return stdout === "" ? null : stdout;
};

const receive = async (
  pieces: AsyncGenerator<Piece, undefined>,
  onBytes: (bytes: number) => void,
): Promise<void> => {
  const cancel = new AbortController();
  const unpack = start("mbstream", ["-x", "-C", COPY], cancel.signal);
  try {
    await pour(dataIn(pieces), unpack.stdin, onBytes);
    await unpack.done;
    await nextMessage(pieces);
  } catch (error) {
    cancel.abort();
    await unpack.done.catch(() => undefined);
    throw error;
  }
};

/**
 * A copy has the rows and not the binary log. The log that is begun with it goes on where the peer's is, or the peer
 * would ask for numbers that do not exist here (error 1236).
 */
const writeLogState = async (peerId: number, { logged }: Offer): Promise<void> => {
  const taken = await readFile(join(COPY, "mariadb_backup_binlog_info"), "utf8");
  // The tool tells of the peer's own transactions; those of this node cannot have become more meanwhile.
  const position = furthest([parsePositions(taken), withoutDomain(parsePositions(logged), peerId)]);
  const lines = [...position].map(
    ([domain, { server, sequence }]) => `${domain}-${server}-${sequence}\n`,
  );
  await writeFile(join(COPY, "ngcp-bin.state"), lines.join(""));
};

const prepare = async (): Promise<void> => {
  await run("mariadb-backup", ["--no-defaults", "--prepare", `--target-dir=${COPY}`], {
    timeoutMs: LONG_MS,
  });
};

/** From this mark on the next start of MariaDB takes the copy (mysql-prepare). */
const complete = async (): Promise<void> => {
  await run("chown", ["-R", "mysql:mysql", COPY], { timeoutMs: QUICK_MS });
  await run("chmod", ["0750", COPY], { timeoutMs: QUICK_MS });
  await run("sync", ["-f", COPY], { timeoutMs: LONG_MS });
  await writeFile(join(COPY, "ngcp-prepared"), "");
  await run("sync", ["-f", COPY], { timeoutMs: LONG_MS });
};

/**
 * Takes a copy of the peer's database, and leaves it where the next start of MariaDB finds it. This node's own data
 * serve until then; what only they have is saved first.
 *
 * @throws {CloneFailedError} when the peer is not the active node, the connection breaks, or there is no room
 * @throws {CommandFailedError} when a program of MariaDB fails
 */
export const take = async (appliance: Appliance, report: Reporter): Promise<void> => {
  const { self, peer, secrets } = appliance;
  if (secrets === undefined) throw new CloneFailedError("this node has no secrets of the pair");
  await refuseWhereActive();
  await refuseMountPoint();
  report.phase("saving");
  const crosslink = { own: self.crosslink.address, peer: peer.crosslink.address };
  const socket = await dial(crosslink, PORT, SILENCE_MS);
  const secured = await secureCaller(socket, secrets.replicationPassword);
  const pieces = piecesOf(secured);
  try {
    await sendMessage(secured, { version: 1, node: self.name });
    const offer = offerIn(await nextMessage(pieces));
    report.saved(await saveOwn(appliance, offer));
    await run("rm", ["-rf", COPY], { timeoutMs: LONG_MS });
    await refuseWithoutRoom(offer);
    await run("mkdir", ["-m", "0700", COPY], { timeoutMs: QUICK_MS });
    report.phase("receiving", offer.totalBytes);
    await receive(pieces, (bytes) => report.received(bytes));
    report.phase("preparing");
    await prepare();
    await writeLogState(peer.id, offer);
    // The peer may have gone meanwhile: a node that serves keeps what it serves from.
    await refuseWhereActive();
    await complete();
    report.phase("starting MariaDB with it");
  } finally {
    secured.destroy();
  }
};
