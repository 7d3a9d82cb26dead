import { once } from "node:events";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import type { Socket } from "node:net";
import { run, start } from "../../appliance/system/command.ts";
import { secureAnswerer } from "./secure.ts";
import { nextMessage, piecesOf, sendMessage, sendPart, throttled } from "./stream.ts";

const DATA = "/var/lib/mysql";
const SOCKET = "/run/mysqld/mysqld.sock";
const SCRATCH = "/var/lib/ngcp-ha/clone-scratch";
const QUERY_MS = 10_000;

/** What this node tells before it gives. */
export interface Offer {
  readonly kind: "begins";
  readonly totalBytes: number;
  /** Everything that is in this node's log. */
  readonly logged: string;
  /** Everything that this node has, or is about to have, of its peer. */
  readonly known: string;
}

interface Refusal {
  readonly kind: "refused";
  readonly because: string;
}

const STATE = `SELECT @@GLOBAL.read_only, @@GLOBAL.gtid_binlog_pos, CONCAT_WS(',', @@GLOBAL.gtid_binlog_pos,
  NULLIF(@@GLOBAL.gtid_slave_pos, ''), (SELECT GROUP_CONCAT(Gtid_IO_Pos) FROM information_schema.SLAVE_STATUS))`;

/** Files that a copy has: neither logs of replication nor what belongs to this node alone. */
const isCopied = (name: string): boolean => !/^ngcp-(bin|relay|tls)|\.(pid|err)$/.test(name);

const sizeOf = async (folder: string): Promise<number> => {
  const entries = await readdir(folder, { withFileTypes: true });
  const sizes = await Promise.all(
    entries
      .filter(({ name }) => isCopied(name))
      .map(async (entry): Promise<number> => {
        const path = join(folder, entry.name);
        if (entry.isDirectory()) return await sizeOf(path);
        // A table that is dropped meanwhile takes no room.
        return await stat(path).then(
          ({ size }) => size,
          () => 0,
        );
      }),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
};

const offer = async (): Promise<Offer | Refusal> => {
  const asked = await run("mariadb", ["--socket", SOCKET, "-N", "-B", "-e", STATE], {
    timeoutMs: QUERY_MS,
  });
  const [readOnly, logged = "", known = ""] = asked.stdout.split("\t");
  if (readOnly !== "0")
    return { kind: "refused", because: "its database is not the one that is written to" };
  return { kind: "begins", totalBytes: await sizeOf(DATA), logged, known };
};

const chunksOf = (stream: Readable): AsyncIterable<Buffer> => stream as AsyncIterable<Buffer>;

/**
 * How often mariadb-backup looks whether there is more of the redo log, milliseconds. At its end it waits for the next look
 * while no commit may go through (BACKUP STAGE BLOCK_COMMIT): with its own 1,000 nobody was answered for up to so long.
 */
const LOG_LOOK_MS = 20;

/** A last copy may have been interrupted here: two at a time are refused by the socket's unit. */
const BACKUP = [
  ...["--no-defaults", "--backup", "--stream=xbstream", "--user=root"],
  `--log-copy-interval=${LOG_LOOK_MS}`,
  ...[`--socket=${SOCKET}`, `--target-dir=${SCRATCH}`],
];

/**
 * Gives a copy of this node's database, which goes on being written to, to the peer that has connected.
 *
 * @param secret the pair's
 * @param bytesPerSecond what goes over the crosslink at most; 0 is no limit
 * @throws {CloneFailedError} when the peer does not hold the secret, or goes away
 * @throws {CommandFailedError} when mariadb-backup fails
 */
export const give = async (
  socket: Socket,
  secret: string,
  bytesPerSecond: number,
): Promise<void> => {
  const peer = await secureAnswerer(socket, secret);
  const broken = new AbortController();
  peer.on("error", (error: Error) => broken.abort(error));
  peer.on("close", () => broken.abort());
  await nextMessage(piecesOf(peer));
  const offered = await offer();
  await sendMessage(peer, offered);
  if (offered.kind === "begins") {
    await run("rm", ["-rf", SCRATCH], { timeoutMs: QUERY_MS });
    await run("mkdir", ["-p", "-m", "0700", SCRATCH], { timeoutMs: QUERY_MS });
    const backup = start("mariadb-backup", BACKUP, broken.signal);
    for await (const chunk of throttled(chunksOf(backup.stdout), bytesPerSecond))
      await sendPart(peer, chunk);
    await backup.done;
    await sendPart(peer, Buffer.alloc(0));
    await sendMessage(peer, { kind: "complete" });
    await run("rm", ["-rf", SCRATCH], { timeoutMs: QUERY_MS });
  }
  // What is still on its way counts: only the other side's end ends it.
  peer.end();
  if (!peer.closed) await once(peer, "close");
};
