import type { z } from "zod";
import type { DatabaseModel, RedisModel } from "../model.ts";
import { milliseconds, seconds, section, wholeNumber } from "./values.ts";

/** The section `database` of config.yml. */
export const databaseSchema = section({
  buffer_pool_mb: wholeNumber({ min: 64, max: 1_048_576, unit: "megabytes" })
    .default(256)
    .describe("Memory of MariaDB for tables and indexes"),
  max_connections: wholeNumber({ min: 50, max: 10_000 })
    .default(300)
    .describe("Connections to MariaDB at a time, those of the components and the peer among them"),
  max_packet_mb: wholeNumber({ min: 1, max: 1_024, unit: "megabytes" })
    .default(64)
    .describe("The largest statement or row that MariaDB takes"),
  binlog_keep_s: seconds(3_600, 8_640_000)
    .default(604_800)
    .describe(
      "How long MariaDB keeps binary logs: a peer that was away for longer takes a copy of the database",
    ),
  semi_sync_timeout_ms: milliseconds(50, 60_000)
    .default(2_000)
    .describe("How long a write waits for the peer before the database goes on alone"),
  replica_silent_s: seconds(2, 3_600)
    .default(5)
    .describe("Silence of the peer's MariaDB after which its standby connects anew"),
  tools_connect_s: seconds(1, 60)
    .default(5)
    .describe("How long the operators' tools and the migrations wait for a connection"),
  peer_connect_s: seconds(1, 60)
    .default(1)
    .describe("How long a MariaDB that starts asks the one of the peer, which may be off"),
  clone_rate_mb: wholeNumber({ min: 0, max: 10_000, unit: "megabytes a second" })
    .default(100)
    .describe(
      "What a copy of the database to the peer takes of the crosslink at most; 0 is no limit",
    ),
});

export const databaseOf = (database: z.output<typeof databaseSchema>): DatabaseModel => ({
  bufferPoolMb: database.buffer_pool_mb,
  maxConnections: database.max_connections,
  maxPacketMb: database.max_packet_mb,
  binlogKeepSeconds: database.binlog_keep_s,
  semiSyncTimeoutMs: database.semi_sync_timeout_ms,
  replicaSilentSeconds: database.replica_silent_s,
  toolsConnectSeconds: database.tools_connect_s,
  peerConnectSeconds: database.peer_connect_s,
  cloneRateMb: database.clone_rate_mb,
});

/** The section `redis` of config.yml. */
export const redisSchema = section({
  max_memory_mb: wholeNumber({ min: 16, max: 1_048_576, unit: "megabytes" })
    .default(256)
    .describe("Memory that Redis may use for data"),
  backlog_mb: wholeNumber({ min: 1, max: 4_096, unit: "megabytes" })
    .default(64)
    .describe("Changes that Redis keeps for a peer that comes back, before it copies everything"),
  replica_silent_s: seconds(2, 3_600)
    .default(5)
    .describe("Silence of the peer's Redis after which its standby connects anew"),
  replica_ping_s: seconds(1, 1_800)
    .default(1)
    .describe("Time between two signs of life of Redis to its standby"),
});

export const redisOf = (redis: z.output<typeof redisSchema>): RedisModel => ({
  maxMemoryMb: redis.max_memory_mb,
  backlogMb: redis.backlog_mb,
  replicaSilentSeconds: redis.replica_silent_s,
  replicaPingSeconds: redis.replica_ping_s,
});
