import { createConnection } from "mysql2/promise";
import {
  askPeer,
  closeDatabase,
  lookOnDisk,
  openDatabase,
  stopWaitingForPeer,
} from "../replication/database-moves.ts";
import { FRESH_MEMORY, tendDatabase } from "../replication/database-tend.ts";
import {
  isDeaf,
  replicaStatus,
  sourceStatus,
  strayTransactions,
} from "../replication/database-view.ts";
import { asError, withDeadline } from "../replication/deadline.ts";
import { DatabaseRefusedError, DatabaseUnreachableError } from "../replication/errors.ts";
import { readDatabase } from "../replication/sql.ts";
import { unknownStatus } from "../replication/unknown.ts";
import { Turns } from "../replication/turns.ts";
import type { Connection } from "mysql2/promise";
import type { StoreStatus } from "../control/contract.ts";
import type { Databases, ReplicationSettings } from "../replication/database-moves.ts";
import type { Looks } from "../replication/database-tend.ts";
import type { PeerDatabaseView } from "../replication/database-view.ts";
import type { Row, Sql } from "../replication/sql.ts";
import type { DatabasePort } from "./ports.ts";

interface Login {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
}

export interface DatabaseSettings {
  /** This node's own MariaDB, as ngcp_ha. */
  readonly own: Login;
  /** The peer's, over the crosslink, as ngcp_peer. */
  readonly peer: Login;
  readonly replication: ReplicationSettings;
}

/** What is done to this node's MariaDB from outside of it. */
interface Deeds extends Pick<Databases, "crash" | "copies" | "cut" | "wentBack"> {
  /** From here on it may be written to. */
  readonly opened: () => void;
}

const STATUS_MS = 2_000;
const PEER_STATUS_MS = 500;
const AFTER_OPEN_MS = 10_000;

const codeOf = (error: unknown): string =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";

const errnoOf = (error: unknown): number =>
  error instanceof Error && "errno" in error && typeof error.errno === "number" ? error.errno : 0;

/** Errors that the server sends carry its own number and an SQL state; all others are the connection's. */
const isServerError = (error: unknown): error is Error =>
  error instanceof Error && "sqlState" in error && error.sqlState !== undefined;

const SHUTTING_DOWN: readonly number[] = [1053, 1927, 1077, 1079];

class SqlConnection implements Sql {
  readonly #login: Login;
  #connecting: Promise<Connection> | undefined;

  constructor(login: Login) {
    this.#login = login;
  }

  async query(statement: string, timeoutMs: number, signal?: AbortSignal): Promise<readonly Row[]> {
    try {
      return await withDeadline(() => this.#send(statement, timeoutMs), timeoutMs, signal);
    } catch (error) {
      if (signal?.aborted === true) throw error;
      throw this.#explain(error);
    }
  }

  async #send(statement: string, timeoutMs: number): Promise<readonly Row[]> {
    this.#connecting ??= this.#connect(timeoutMs).catch((error: unknown) => {
      this.#connecting = undefined;
      throw error;
    });
    const connection = await this.#connecting;
    const [rows] = await connection.query(statement);
    return Array.isArray(rows) ? (rows as readonly Row[]) : [];
  }

  async #connect(timeoutMs: number): Promise<Connection> {
    const { host, port, user, password } = this.#login;
    // Nothing is prepared here, and mysql2 would keep half a megabyte for each connection's statements.
    const maxPreparedStatements = 1;
    const options = {
      host,
      port,
      user,
      password,
      connectTimeout: timeoutMs,
      maxPreparedStatements,
    };
    const connection = await createConnection(options);
    connection.on("error", () => this.drop());
    return connection;
  }

  #explain(error: unknown): Error {
    const where = `${this.#login.host}:${this.#login.port}`;
    if (isServerError(error) && !SHUTTING_DOWN.includes(errnoOf(error))) {
      if ("fatal" in error && error.fatal === true) this.drop();
      return new DatabaseRefusedError(where, errnoOf(error), error.message, { cause: error });
    }
    this.drop();
    const why = asError(error).message;
    const refused = codeOf(error) === "ECONNREFUSED";
    return new DatabaseUnreachableError(where, why, refused, { cause: error });
  }

  /** Forgets the connection; a statement that is under way there is given up. */
  drop(): void {
    const old = this.#connecting;
    this.#connecting = undefined;
    old?.then(
      (connection) => connection.destroy(),
      () => undefined,
    );
  }
}

class MariaDb implements DatabasePort {
  readonly #settings: DatabaseSettings;
  readonly #control: SqlConnection;
  readonly #work: SqlConnection;
  readonly #threads: SqlConnection;
  readonly #watch: SqlConnection;
  readonly #pings: SqlConnection;
  readonly #peer: SqlConnection;
  readonly #databases: Databases;
  readonly #turns = new Turns("MariaDB");
  readonly #opened: () => void;
  #memory = FRESH_MEMORY;
  /** What the last tending saw, until it has been told. */
  #looks: Looks | undefined;
  #peerBefore: PeerDatabaseView | undefined;

  constructor(settings: DatabaseSettings, { opened, ...deeds }: Deeds) {
    this.#settings = settings;
    this.#opened = opened;
    this.#control = new SqlConnection(settings.own);
    this.#work = new SqlConnection(settings.own);
    this.#threads = new SqlConnection(settings.own);
    this.#watch = new SqlConnection(settings.own);
    this.#pings = new SqlConnection(settings.own);
    this.#peer = new SqlConnection(settings.peer);
    this.#databases = {
      control: this.#control,
      work: this.#work,
      threads: this.#threads,
      peer: this.#peer,
      settings: settings.replication,
      ...deeds,
    };
  }

  async open(signal: AbortSignal): Promise<void> {
    await this.#turns.take((stop) => openDatabase(this.#databases, stop), signal);
    this.#opened();
    // A dead peer's connection is closed behind the takeover, not on its path; what fails here the next probe says.
    this.tend("open", AbortSignal.timeout(AFTER_OPEN_MS)).catch(() => undefined);
  }

  close(signal: AbortSignal): Promise<void> {
    return this.#turns.take((stop) => closeDatabase(this.#databases, stop), signal);
  }

  tend(wanted: "open" | "closed", signal: AbortSignal): Promise<void> {
    return this.#turns.takeIfFree(async (stop) => {
      const tended = await tendDatabase(this.#databases, wanted, this.#memory, stop);
      this.#memory = tended.memory;
      this.#looks = tended.looks;
    }, signal);
  }

  stopWaitingForPeer(signal: AbortSignal): Promise<void> {
    return stopWaitingForPeer(this.#databases, signal);
  }

  async status(): Promise<StoreStatus> {
    const seen = this.#looks;
    this.#looks = undefined;
    const known = seen === undefined ? undefined : this.#judge(seen);
    // What was not in order may have been put right since: only then it is looked at again.
    if (seen !== undefined && known?.inSync === true) return this.#told(known, seen);
    try {
      const view = await readDatabase(this.#watch, STATUS_MS);
      const looks = { view, peer: await askPeer(this.#databases, PEER_STATUS_MS) };
      return this.#told(this.#judge(looks), looks);
    } catch (error) {
      if (!(error instanceof DatabaseUnreachableError || error instanceof DatabaseRefusedError)) {
        throw error;
      }
      return this.#silent(error.message);
    }
  }

  /** It does not answer; while it is replaced by a copy that is no fault. */
  #silent(detail: string): StoreStatus {
    const status = unknownStatus("mysql", detail);
    const copying = this.#databases.copies.progress();
    if (copying === undefined) return status;
    const { peer } = this.#settings.replication;
    const told = `it is being copied from ${peer}: ${copying.phase}`;
    return { ...status, state: "cloning", detail: told, remedy: null };
  }

  #judge({ view, peer }: Looks): StoreStatus {
    const names = this.#settings.replication;
    if (!view.readOnly) return sourceStatus(view, peer, names);
    const deaf = isDeaf(this.#peerBefore, view, names.peerId);
    const stray =
      peer === undefined || (peer.receiving && view.acknowledging > 0)
        ? undefined
        : strayTransactions(view.logged, peer, names.peer);
    const disk = lookOnDisk(this.#databases, view);
    return replicaStatus({ view, peer, names, stray, deaf, ...disk });
  }

  #told(status: StoreStatus, { peer }: Looks): StoreStatus {
    this.#peerBefore = peer;
    return status;
  }

  async ping(timeoutMs: number): Promise<void> {
    await this.#pings.query("SELECT 1", timeoutMs);
  }

  end(): Promise<void> {
    const own = [this.#control, this.#work, this.#threads, this.#watch, this.#pings];
    for (const connection of [...own, this.#peer]) connection.drop();
    return Promise.resolve();
  }
}

/** Nothing is connected before it is first used. */
export const createDatabase = (settings: DatabaseSettings, deeds: Deeds): DatabasePort =>
  new MariaDb(settings, deeds);
