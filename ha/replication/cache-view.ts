import type { ReplicationState, StoreStatus } from "../control/contract.ts";

/** What Redis says of itself with INFO replication. */
export interface CacheView {
  readonly role: "source" | "replica";
  readonly linkUp: boolean;
  readonly copying: boolean;
  /** Seconds since the source was last heard; -1 when the link is down. */
  readonly heardSecondsAgo: number;
  /** Replicas that are connected and complete. */
  readonly replicas: number;
  /** What the furthest replica has not acknowledged, or what has been read from the source and is not applied. */
  readonly lagBytes: number;
}

/** The source says something every second, so a longer silence is a lag. */
const LAG_MAX_SECONDS = 5;

/** @param info the answer to INFO replication: lines `name:value` */
export const parseInfo = (info: string): CacheView => {
  const values = new Map(
    info.split(/\r?\n/).map((line): [string, string] => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon), line.slice(colon + 1)];
    }),
  );
  const heard = values.get("master_last_io_seconds_ago");
  const numberOf = (name: string): number => Number(values.get(name) ?? 0);
  const online = [...values].filter(
    ([name, value]) => /^slave\d+$/.test(name) && value.includes("state=online"),
  );
  const acknowledged = online.map(([, value]) => Number(/offset=(\d+)/.exec(value)?.[1] ?? 0));
  const lagBytes = values.has("slave_read_repl_offset")
    ? numberOf("slave_read_repl_offset") - numberOf("slave_repl_offset")
    : numberOf("master_repl_offset") - Math.max(0, ...acknowledged);
  return {
    role: values.get("role") === "master" ? "source" : "replica",
    linkUp: values.get("master_link_status") === "up",
    copying: values.get("master_sync_in_progress") === "1",
    heardSecondsAgo: heard === undefined ? -1 : Number(heard),
    replicas: online.length,
    lagBytes: Math.max(0, lagBytes),
  };
};

/** What is known about a Redis that is not written to. */
export interface CacheReplicaFacts {
  readonly view: CacheView;
  readonly peer: string;
  /** Why the peer's Redis cannot be used, asked when the link is down; it is not in INFO. */
  readonly peerProblem: string | undefined;
}

export interface CacheRule {
  readonly name: string;
  readonly holds: (facts: CacheReplicaFacts) => boolean;
  readonly state: ReplicationState;
  readonly sentence: (facts: CacheReplicaFacts) => string;
  /** What the operator does about it; absent where nothing is to be done. */
  readonly hand?: string;
}

/** What can be the matter with a standby's Redis, which always tries again by itself: the first that holds is told. */
export const CACHE_RULES: readonly CacheRule[] = [
  {
    name: "copying",
    holds: ({ view }) => view.copying,
    state: "cloning",
    sentence: ({ peer }) => `it is being copied from ${peer}`,
  },
  {
    name: "wrongPassword",
    holds: ({ view, peerProblem }) =>
      !view.linkUp && /refuses the password/.test(peerProblem ?? ""),
    state: "broken",
    sentence: ({ peerProblem }) => peerProblem ?? "",
    hand: "ngcp-pair create on the other node, ngcp-pair join --replace here",
  },
  {
    name: "linkDown",
    holds: ({ view }) => !view.linkUp,
    state: "paused",
    sentence: ({ peer, peerProblem }) => peerProblem ?? `it has no connection to ${peer}'s Redis`,
  },
  {
    name: "silent",
    holds: ({ view }) => view.heardSecondsAgo > LAG_MAX_SECONDS,
    state: "catching-up",
    sentence: ({ view, peer }) =>
      `it has heard nothing from ${peer}'s Redis for ${view.heardSecondsAgo} s`,
  },
  {
    name: "inSync",
    holds: () => true,
    state: "in-sync",
    sentence: ({ peer }) => `replicates from ${peer}`,
  },
];

const judgeCache = (facts: CacheReplicaFacts): CacheRule => {
  const rule = CACHE_RULES.find(({ holds }) => holds(facts));
  if (rule === undefined) throw new TypeError("no rule of Redis holds");
  return rule;
};

/** @param peerProblem why the peer's Redis cannot be used */
export const cacheStatus = (
  view: CacheView,
  peer: string,
  peerProblem: string | undefined,
): StoreStatus => {
  const common = { store: "redis", role: view.role } as const;
  if (view.role === "source") {
    const followed = view.replicas > 0;
    return {
      ...common,
      state: followed ? "in-sync" : "paused",
      inSync: true,
      lagSeconds: null,
      lagBytes: followed ? view.lagBytes : null,
      detail: followed ? `${peer} replicates` : `${peer} does not replicate`,
      remedy: null,
    };
  }
  const facts = { view, peer, peerProblem };
  const { state, sentence, hand } = judgeCache(facts);
  return {
    ...common,
    state,
    inSync: state === "in-sync",
    lagSeconds: view.linkUp ? view.heardSecondsAgo : null,
    lagBytes: view.linkUp ? view.lagBytes : null,
    detail: sentence(facts),
    remedy: hand ?? null,
  };
};
