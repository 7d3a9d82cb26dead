import type { StoreStatus } from "../control/contract.ts";

/** What Redis says of itself with INFO replication. */
export interface CacheView {
  readonly role: "source" | "replica";
  readonly linkUp: boolean;
  readonly copying: boolean;
  /** Seconds since the source was last heard; -1 when the link is down. */
  readonly heardSecondsAgo: number;
  /** Replicas that are connected and complete. */
  readonly replicas: number;
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
  return {
    role: values.get("role") === "master" ? "source" : "replica",
    linkUp: values.get("master_link_status") === "up",
    copying: values.get("master_sync_in_progress") === "1",
    heardSecondsAgo: heard === undefined ? -1 : Number(heard),
    replicas: [...values].filter(
      ([name, value]) => /^slave\d+$/.test(name) && value.includes("state=online"),
    ).length,
  };
};

/**
 * @param peerProblem why the peer's Redis cannot be used, asked when the link is down; it is not in INFO
 */
export const cacheStatus = (
  view: CacheView,
  peer: string,
  peerProblem: string | undefined,
): StoreStatus => {
  if (view.role === "source") {
    const detail = view.replicas > 0 ? `${peer} replicates` : `${peer} does not replicate`;
    return { store: "redis", role: "source", inSync: true, lagSeconds: null, detail };
  }
  const fault = faultOfReplica(view, peer, peerProblem);
  return {
    store: "redis",
    role: "replica",
    inSync: fault === undefined,
    lagSeconds: view.linkUp ? view.heardSecondsAgo : null,
    detail: fault ?? `replicates from ${peer}`,
  };
};

const faultOfReplica = (
  view: CacheView,
  peer: string,
  peerProblem: string | undefined,
): string | undefined => {
  if (view.copying) return `it is being copied from ${peer}`;
  if (!view.linkUp) return peerProblem ?? `it has no connection to ${peer}'s Redis`;
  return view.heardSecondsAgo > LAG_MAX_SECONDS
    ? `it has heard nothing from ${peer}'s Redis for ${view.heardSecondsAgo} s`
    : undefined;
};
