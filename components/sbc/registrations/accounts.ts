import { createHash } from "node:crypto";
import type { ExactDatabase, ExactRow } from "../../../appliance/database/client.ts";
import type { Account } from "./registration.ts";

/** A subscriber that wants to be registered and cannot be. */
export interface Flaw {
  readonly subscriber: string;
  readonly username: string;
  readonly registrar: string;
  readonly reason: string;
}

export interface Provisioned {
  /** Changes with what is provisioned. */
  readonly edition: string;
  readonly accounts: readonly Account[];
  readonly flaws: readonly Flaw[];
}

type Column = (name: string) => string | undefined;

const columnsOf =
  (row: ExactRow): Column =>
  (name) => {
    const value = row[name];
    const text = typeof value === "string" || typeof value === "number" ? String(value) : "";
    return text === "" ? undefined : text;
  };

const ID_DIGITS = 32;

/** The same for the same account on both nodes. */
const idOf = (words: readonly string[]): string =>
  createHash("sha256").update(JSON.stringify(words)).digest("hex").slice(0, ID_DIGITS);

const accountIn = (column: Column): Account | string => {
  const [username, password, number] = ["auth_user", "auth_pass", "number"].map(column);
  const [registrar, host, ip] = ["registrar", "host", "ip"].map(column);
  if (username === undefined || password === undefined)
    return "needs peer_auth_user and peer_auth_pass";
  if (registrar === undefined) return "needs peer_auth_registrar_server or peer_auth_realm";
  if (host === undefined || ip === undefined)
    return `no enabled peer host has the name, host or address ${registrar}`;
  if (number === undefined) return "the subscriber has no number that the peer could call";
  return accountOf(column, { username, password, number, registrar: host, ip });
};

const accountOf = (
  column: Column,
  {
    ip,
    ...known
  }: Pick<Account, "username" | "password" | "number" | "registrar"> & { ip: string },
): Account => {
  const [uuid = "", subscriber = "", transport = "udp"] = ["uuid", "subscriber", "transport"].map(
    column,
  );
  const realm = column("realm");
  return {
    ...known,
    id: idOf([uuid, known.username, known.registrar, known.number]),
    subscriber,
    transport,
    ...(realm === undefined ? {} : { realm }),
    target: { address: ip, port: Number(column("port")) },
  };
};

const provisionedIn = (edition: string, rows: readonly ExactRow[]): Provisioned => {
  const [accounts, flaws]: [Account[], Flaw[]] = [[], []];
  for (const row of rows) {
    const column = columnsOf(row);
    const found = accountIn(column);
    if (typeof found === "object") accounts.push(found);
    else
      flaws.push({
        subscriber: column("subscriber") ?? "",
        username: column("auth_user") ?? "",
        registrar: column("registrar") ?? "",
        reason: found,
      });
  }
  return { edition, accounts, flaws };
};

/**
 * The accounts, by the procedures of migrations/0014-registrations.sql; undefined while they are as `known` has them, and while
 * the server is read-only: it may not have yet what the other node has written, and an account that it lacks is no account
 * that has gone.
 *
 * @throws what ExactDatabase.query throws
 */
export const readAccounts = async (
  database: Pick<ExactDatabase, "query">,
  known: string | undefined,
): Promise<Provisioned | undefined> => {
  // A statement of its own: beside an aggregate MariaDB 11.8 answers 0.
  const [server] = await database.query("SELECT @@global.read_only AS closed");
  if (Number(server?.["closed"]) !== 0) return undefined;
  const [row] = await database.query("CALL provisioning.edition()");
  const edition = String(row?.["edition"] ?? "");
  if (edition === known) return undefined;
  // Read after it: what is newer than this edition is read once more, and never missed.
  return provisionedIn(edition, await database.query("CALL provisioning.peer_accounts()"));
};
