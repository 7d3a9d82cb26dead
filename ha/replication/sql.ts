import { parsePositions } from "./gtid.ts";
import type {
  DatabaseView,
  PeerDatabaseView,
  ReplicaView,
  ReplicationError,
} from "./database-view.ts";

export type Row = Readonly<Record<string, unknown>>;

/** One connection to one MariaDB, opened when it is first used and again after a failure. */
export interface Sql {
  /**
   * Sends one statement and waits for its rows.
   *
   * @throws {DatabaseUnreachableError} nobody answered within `timeoutMs`, or the connection broke
   * @throws {DatabaseRefusedError} the server answered with an error
   * @throws the reason of `signal` when it fires first; the statement may still be carried out
   */
  query(statement: string, timeoutMs: number, signal?: AbortSignal): Promise<readonly Row[]>;
}

const OWN_STATE = `SELECT @@GLOBAL.read_only AS read_only, @@GLOBAL.gtid_binlog_pos AS logged,
  @@GLOBAL.gtid_slave_pos AS applied, @@GLOBAL.rpl_semi_sync_master_enabled AS semi_sync,
  (SELECT VARIABLE_VALUE FROM information_schema.GLOBAL_STATUS
    WHERE VARIABLE_NAME = 'Rpl_semi_sync_master_clients') AS acknowledging,
  Master_Host, Master_User, Master_Port, Using_Gtid, Connect_Retry,
  Slave_heartbeat_period, Slave_IO_Running, Slave_SQL_Running, Gtid_IO_Pos, Seconds_Behind_Master,
  IF(Master_Log_File = Relay_Master_Log_File, Read_Master_Log_Pos - Exec_Master_Log_Pos, Relay_Log_Space) AS lag_bytes,
  Last_IO_Errno, Last_IO_Error, Last_SQL_Errno, Last_SQL_Error
  FROM (SELECT 1) AS self LEFT JOIN information_schema.SLAVE_STATUS ON TRUE`;

const PEER_STATE = `SELECT @@GLOBAL.read_only AS read_only, @@GLOBAL.gtid_binlog_pos AS logged,
  @@GLOBAL.gtid_slave_pos AS applied,
  (SELECT GROUP_CONCAT(Gtid_IO_Pos) FROM information_schema.SLAVE_STATUS) AS received,
  (SELECT COUNT(*) FROM information_schema.SLAVE_STATUS WHERE Slave_IO_Running = 'Yes') AS receiving`;

/** A column as text; empty where it is absent or NULL. */
export const text = (row: Row, column: string): string => {
  const value = row[column];
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
};

const number = (row: Row, column: string): number => Number(text(row, column));

const errorOf = (row: Row, which: "IO" | "SQL"): ReplicationError | undefined => {
  const errno = number(row, `Last_${which}_Errno`);
  return errno === 0 ? undefined : { errno, text: text(row, `Last_${which}_Error`) };
};

const receivingOf = (word: string): ReplicaView["receiving"] =>
  word === "Yes" ? "yes" : word === "No" ? "no" : "connecting";

const replicaOf = (row: Row): ReplicaView => ({
  host: text(row, "Master_Host"),
  user: text(row, "Master_User"),
  port: number(row, "Master_Port"),
  usingGtid: text(row, "Using_Gtid"),
  heartbeatSeconds: number(row, "Slave_heartbeat_period"),
  connectRetrySeconds: number(row, "Connect_Retry"),
  receiving: receivingOf(text(row, "Slave_IO_Running")),
  applying: text(row, "Slave_SQL_Running") === "Yes",
  received: parsePositions(text(row, "Gtid_IO_Pos")),
  receiveError: errorOf(row, "IO"),
  applyError: errorOf(row, "SQL"),
  lagSeconds: row["Seconds_Behind_Master"] === null ? null : number(row, "Seconds_Behind_Master"),
  lagBytes: Math.max(0, number(row, "lag_bytes")),
});

/** What the local server says of itself, in one statement. */
export const readDatabase = async (
  sql: Sql,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<DatabaseView> => {
  const [own = {}] = await sql.query(OWN_STATE, timeoutMs, signal);
  return {
    readOnly: number(own, "read_only") !== 0,
    logged: parsePositions(text(own, "logged")),
    applied: parsePositions(text(own, "applied")),
    semiSync: number(own, "semi_sync") !== 0,
    acknowledging: number(own, "acknowledging"),
    replica: text(own, "Master_Host") === "" ? undefined : replicaOf(own),
  };
};

export const readPeerDatabase = async (
  sql: Sql,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<PeerDatabaseView> => {
  const [row = {}] = await sql.query(PEER_STATE, timeoutMs, signal);
  return {
    readOnly: number(row, "read_only") !== 0,
    logged: parsePositions(text(row, "logged")),
    applied: parsePositions(text(row, "applied")),
    received: parsePositions(text(row, "received")),
    receiving: number(row, "receiving") > 0,
  };
};
