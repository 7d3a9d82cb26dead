import type { PeerReportStatus, StoreReport } from "../../../ha/control/contract.ts";

/** As the active node of a pair in order shows them. */
export const STORES_IN_ORDER: readonly StoreReport[] = [
  {
    store: "mysql",
    role: "source",
    state: "in-sync",
    inSync: true,
    lagSeconds: null,
    lagBytes: null,
    detail: "sp2 has every transaction",
    remedy: null,
    peer: "sp2",
    forMs: 86_400_000,
    lastIncident: null,
    lastCheck: null,
  },
  {
    store: "redis",
    role: "source",
    state: "in-sync",
    inSync: true,
    lagSeconds: null,
    lagBytes: 14,
    detail: "sp2 replicates",
    remedy: null,
    peer: "sp2",
    forMs: 86_400_000,
    lastIncident: null,
    lastCheck: {
      at: "2026-11-22T03:41:11.000Z",
      sentence: "the numbers of keys and 50 values are equal",
      differences: 0,
    },
  },
];

/** As a standby shows them that came back with rows of its own. */
export const STORES_IN_NEED: readonly StoreReport[] = [
  {
    store: "mysql",
    role: "replica",
    state: "diverged",
    inSync: false,
    lagSeconds: null,
    lagBytes: 0,
    detail:
      "this node's database holds 2 transactions that sp2 took over without (1:8 to 1:9); they are saved, and it is copied anew from sp2",
    remedy: null,
    peer: "sp2",
    forMs: 4_000,
    lastIncident: {
      at: "2026-11-22T07:02:38.000Z",
      sentence: "this node's database holds 2 transactions that sp2 took over without (1:8 to 1:9)",
    },
    lastCheck: {
      at: "2026-11-22T03:41:07.000Z",
      sentence: "42 tables: 2 rows differ",
      differences: 2,
    },
  },
  {
    store: "redis",
    role: "replica",
    state: "cloning",
    inSync: false,
    lagSeconds: 0,
    lagBytes: 1_048_576,
    detail: "it is being copied from sp2",
    remedy: null,
    peer: "sp2",
    forMs: 900,
    lastIncident: null,
    lastCheck: null,
  },
];

const followed = (report: StoreReport): StoreReport => ({
  ...report,
  role: "replica",
  lagSeconds: 0,
  lagBytes: 0,
  detail: "replicates from sp1",
  peer: "sp1",
  forMs: 7_200_000,
});

/** What the standby of a pair in order says of itself. */
export const REPORT_IN_ORDER: PeerReportStatus = {
  stores: STORES_IN_ORDER.map(followed),
  alarms: [],
  quarantine: 0,
  toldMsAgo: 640,
};

/** What a standby says of itself that a check has found a difference on. */
export const REPORT_IN_NEED: PeerReportStatus = {
  stores: REPORT_IN_ORDER.stores.map((report) =>
    report.store === "mysql"
      ? {
          ...report,
          state: "broken",
          inSync: false,
          detail: "the disk of its data is full (error 1026)",
          remedy: "make room on the disk of /var/lib/mysql: replication goes on by itself then",
          lastCheck: {
            at: "2026-11-22T03:41:07.000Z",
            sentence: "42 tables: 2 rows differ",
            differences: 2,
          },
        }
      : report,
  ),
  alarms: [
    { name: "notInSync", sentence: "MariaDB: the disk of its data is full", sinceMsAgo: 12_000 },
  ],
  quarantine: 2,
  toldMsAgo: 640,
};
