import { readFileSync } from "node:fs";
import { createConnection } from "mysql2/promise";
import type { Connection } from "mysql2/promise";
import {
  DatabaseSilentError,
  LoginMissingError,
  NotWritableError,
  SchemaOlderError,
  StatementRefusedError,
} from "./errors.ts";

/** Written by ngcpcfg, for root alone. */
export const LOGIN_FILE = "/etc/mysql/ngcp-tools.cnf";

const CONNECT_MS = 5_000;
const READ_ONLY = 1290;
const NO_SUCH_TABLE = 1146;
const NO_SUCH_DATABASE = 1049;

export type Cell = string | number | boolean;

/** One value, a list for IN (?), or rows for VALUES ?. */
export type Value = Cell | readonly Cell[] | readonly (readonly Cell[])[];

export type Row = Readonly<Record<string, unknown>>;

/** How a program reaches the MariaDB of its own node. */
export interface Login {
  readonly socketPath: string;
  readonly user: string;
  /** Without one the server asks the kernel whether it is that user. */
  readonly password?: string;
}

/** One connection of a program that is not the daemon. */
export interface Database {
  /**
   * Sends one statement; `?` stands for a value, an array for a list, an array of arrays for rows of VALUES.
   *
   * @throws {StatementRefusedError} the server answered with an error
   * @throws {NotWritableError} it is read-only: this node is not, or is no longer, the active one
   * @throws {DatabaseSilentError} the connection broke
   */
  readonly query: (statement: string, values?: readonly Value[]) => Promise<readonly Row[]>;
  /** Runs `work` as one transaction: all of it is in the database afterwards, or nothing. */
  readonly inTransaction: <Result>(work: () => Promise<Result>) => Promise<Result>;
  readonly end: () => Promise<void>;
}

/** @throws {LoginMissingError} the file is not there or, on a node without the secrets of a pair, names nobody */
export const readLogin = (path: string): Login => {
  try {
    const lines = readFileSync(path, "utf8").matchAll(/^(\w+) = (.*)$/gm);
    const values = new Map([...lines].map(([, key = "", value = ""]) => [key, value]));
    const [user, password] = [values.get("user"), values.get("password")];
    if (user === undefined || password === undefined)
      throw new LoginMissingError(path, "this node has no secrets of a pair, see ngcp-pair");
    return { socketPath: values.get("socket") ?? "", user, password };
  } catch (cause) {
    if (cause instanceof LoginMissingError || !(cause instanceof Error)) throw cause;
    throw new LoginMissingError(path, cause.message, { cause });
  }
};

const numberIn = (error: object, name: "errno"): number =>
  name in error && typeof error[name] === "number" ? error[name] : 0;

const explain = (error: unknown, node: string, whose = "this node"): Error => {
  if (!(error instanceof Error)) return new DatabaseSilentError(String(error), { whose });
  if (!("sqlState" in error) || error.sqlState === undefined)
    return new DatabaseSilentError(error.message, { whose, cause: error });
  const errno = numberIn(error, "errno");
  if (errno === READ_ONLY) return new NotWritableError(node);
  return new StatementRefusedError(errno, error.message, { whose, cause: error });
};

class MariaDb implements Database {
  readonly #connection: Connection;
  readonly #node: string;

  constructor(connection: Connection, node: string) {
    this.#connection = connection;
    this.#node = node;
  }

  readonly query = async (
    statement: string,
    values: readonly Value[] = [],
  ): Promise<readonly Row[]> => {
    try {
      const [rows] = await this.#connection.query(statement, [...values]);
      return Array.isArray(rows) ? (rows as readonly Row[]) : [];
    } catch (error) {
      throw explain(error, this.#node);
    }
  };

  readonly inTransaction = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    await this.query("START TRANSACTION");
    try {
      const result = await work();
      await this.query("COMMIT");
      return result;
    } catch (error) {
      // A connection that broke has been rolled back by the server.
      await this.#connection.rollback().catch(() => undefined);
      throw error;
    }
  };

  readonly end = async (): Promise<void> => {
    await this.#connection.end().catch(() => undefined);
  };
}

/**
 * Connects to the MariaDB of this node.
 *
 * @param node its name, for messages
 */
export const connectDatabase = async (login: Login, node: string): Promise<Database> => {
  try {
    const connection = await createConnection({
      ...login,
      authPlugins: UNIX_SOCKET,
      connectTimeout: CONNECT_MS,
      charset: "utf8mb4_bin",
      supportBigNumbers: true,
    });
    connection.on("error", () => undefined);
    return new MariaDb(connection, node);
  } catch (error) {
    throw explain(error, node);
  }
};

/** @throws {NotWritableError} this node's database is not the one that is written to */
export const expectWritable = async (database: Database, node: string): Promise<void> => {
  const [row] = await database.query("SELECT @@GLOBAL.read_only AS read_only");
  if (Number(row?.["read_only"]) !== 0) throw new NotWritableError(node);
};

/** @throws {SchemaOlderError} the active node has not brought the tables to `revision` yet */
export const expectRevision = async (database: Database, revision: number): Promise<void> => {
  const there = await newestRevision(database);
  if (there < revision) throw new SchemaOlderError(there, revision);
};

const newestRevision = async (database: Database): Promise<number> => {
  try {
    const [row] = await database.query("SELECT MAX(revision) AS revision FROM ngcp.db_schema");
    return Number(row?.["revision"] ?? 0);
  } catch (error) {
    const isAbsent =
      error instanceof StatementRefusedError &&
      [NO_SUCH_TABLE, NO_SUCH_DATABASE].includes(error.errno);
    if (isAbsent) return 0;
    throw error;
  }
};

/** A value as it is stored: dates, and numbers that JavaScript does not hold, are texts. */
export type Exact = string | number | null | Uint8Array;

export type ExactRow = Readonly<Record<string, Exact>>;

/** One connection that reads and writes values as they are stored, without a conversion on the way. */
export interface ExactDatabase {
  /**
   * @throws {StatementRefusedError} the server answered with an error
   * @throws {DatabaseSilentError} the connection broke
   */
  readonly query: (statement: string, values?: readonly Exact[]) => Promise<readonly ExactRow[]>;
  readonly end: () => void;
}

/** As the user of the system that asks, who needs no password on the socket; or with a password at an address. */
export type ExactLogin =
  | { readonly socketPath: string; readonly user: string }
  | { readonly host: string; readonly user: string; readonly password: string };

/** The server asks the kernel who is at the other end: there is nothing to say. */
const UNIX_SOCKET = { unix_socket: () => () => Buffer.alloc(0) };

interface Patience {
  /**
   * After so long a statement that begins now counts as not answered, and the connection is of no use any more; no bound
   * where absent.
   */
  readonly statementMs?: () => number;
  /** Told when the server has closed the connection. */
  readonly onClosed?: () => void;
}

/** Rows of one statement; those of a procedure come in a list of their own, with its state behind it. */
const rowsIn = (result: unknown): readonly ExactRow[] => {
  if (!Array.isArray(result)) return [];
  const [first] = result as readonly unknown[];
  return (Array.isArray(first) ? first : result) as readonly ExactRow[];
};

/** @param whose names the server in errors: `this node`, or the name of one */
export const connectExactly = async (
  login: ExactLogin,
  whose: string,
  { statementMs, onClosed = () => undefined }: Patience = {},
): Promise<ExactDatabase> => {
  const fail = (error: unknown): never => {
    throw explain(error, whose, whose);
  };
  const connection = await createConnection({
    ...login,
    authPlugins: UNIX_SOCKET,
    connectTimeout: CONNECT_MS,
    charset: "utf8mb4_bin",
    dateStrings: true,
    supportBigNumbers: true,
    bigNumberStrings: true,
  }).catch(fail);
  connection.on("error", onClosed);
  const patience = () => (statementMs === undefined ? {} : { timeout: statementMs() });
  return {
    query: async (statement, values = []) => {
      const [result] = await connection
        .query({ sql: statement, values: [...values], ...patience() })
        .catch(fail);
      return rowsIn(result);
    },
    end: () => connection.destroy(),
  };
};
