import type { CacheRule } from "../../ha/replication/cache-view.ts";
import { CACHE_RULES, parseInfo } from "../../ha/replication/cache-view.ts";
import type { DatabaseView, ReplicationError } from "../../ha/replication/database-view.ts";
import { parsePositions } from "../../ha/replication/gtid.ts";
import type { ReplicaFacts, ReplicaRule } from "../../ha/replication/replica-rules.ts";
import { DATABASE_RULES } from "../../ha/replication/replica-rules.ts";

/** A standby in which everything that a sentence may name is there. */
const factsWith = (applyError: ReplicationError | undefined): ReplicaFacts => {
  const view: DatabaseView = {
    readOnly: true,
    logged: parsePositions("1-1-100"),
    applied: parsePositions("1-1-100"),
    semiSync: false,
    acknowledging: 1,
    replica: {
      host: "192.168.255.251",
      user: "ngcp_replica",
      port: 3306,
      usingGtid: "Slave_Pos",
      heartbeatSeconds: 1,
      connectRetrySeconds: 1,
      receiving: "yes",
      applying: true,
      received: parsePositions("1-1-100"),
      receiveError: undefined,
      applyError,
      lagSeconds: 9,
      lagBytes: 4_096,
    },
  };
  return {
    view,
    peer: undefined,
    names: { peer: "sp1", peerId: 1 },
    stray:
      "this node's database holds 2 transactions that sp1 took over without (2:8 to 2:9)",
    deaf: false,
    copying: { phase: "receiving", bytes: 250_000_000, totalBytes: 500_000_000 },
    cut: "whole",
  };
};

const NUMBERS: Readonly<Partial<Record<string, number>>> = {
  duplicateKey: 1062,
  missingRow: 1032,
  purgedLog: 1236,
  diskFull: 1021,
  corruptRelayLog: 1594,
  sameServerId: 1593,
  wrongPassword: 1045,
  notCompared: 4151,
  otherError: 4711,
};

const databaseLines = ({ name, state, remedy, sentence, hand }: ReplicaRule): readonly string[] => {
  const errno = NUMBERS[name];
  const error = errno === undefined ? undefined : { errno, text: "what MariaDB says" };
  return [
    `  ${name.padEnd(18)}${state.padEnd(14)}${remedy === "none" ? "" : remedy}`.trimEnd(),
    `      ${sentence(factsWith(error))}`,
    ...(hand === undefined ? [] : [`      → ${hand}`]),
  ];
};

const cacheLines = ({ name, state, sentence, hand }: CacheRule): readonly string[] => {
  const view = { ...parseInfo("role:slave"), heardSecondsAgo: 9 };
  const peerProblem = name === "wrongPassword" ? "sp1's Redis refuses the password of the pair" : undefined;
  return [
    `  ${name.padEnd(18)}${state}`,
    `      ${sentence({ view, peer: "sp1", peerProblem })}`,
    ...(hand === undefined ? [] : [`      → ${hand}`]),
  ];
};

/** What can be the matter with a standby's stores: state, what is done by itself, the sentence, and the operator's part. */
export const printReplicationRules = (): string =>
  [
    "The first rule of a store that holds is told and acted on.",
    "",
    "MariaDB",
    ...DATABASE_RULES.flatMap(databaseLines),
    "",
    "Redis",
    ...CACHE_RULES.flatMap(cacheLines),
    "",
  ].join("\n");
