import { closeSync, fsyncSync, openSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { DataFact } from "../core/state.ts";
import { contentIn } from "../files.ts";
import type { BinaryLogCut } from "../replication/database-moves.ts";

/* Marks in the data directory of MariaDB: they go with the data when a copy takes their place. */

/** `mysql-prepare` leaves it in a data directory that it has just made. A copy of the peer's data comes without it. */
const FRESH = "/var/lib/mysql/ngcp-fresh";

const AWAITED = "awaited";

/** What this node's database is worth, as far as the last daemon knew. A disk that cannot be read is worth nothing. */
export const readData = (): DataFact => {
  try {
    const text = contentIn(FRESH);
    if (text === undefined) return "own";
    return text === AWAITED ? "awaited" : "new";
  } catch {
    return "awaited";
  }
};

/** The binary log that `mysql-prepare` had cut, until `mysql-cut-check` has looked at it; or that it was miscounted. */
const CUT = "/var/lib/mysql/ngcp-cut";

export const readCut = (file = CUT): BinaryLogCut => {
  const text = contentIn(file);
  if (text === undefined) return "whole";
  return text.trim() === "miscounted" ? "miscounted" : "unchecked";
};

/** Keeps what was found out for the daemons to come; it is on the disk before the record says that this node served. */
export const writeData = (data: DataFact): void => {
  if (data === readData()) return;
  if (data === "own") rmSync(FRESH, { force: true });
  else writeFileSync(FRESH, data === "new" ? "" : AWAITED);
  const folder = openSync(dirname(FRESH), "r");
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
};
