import test from "ava";
import type { PeerReport } from "../../../ha/control/contract.ts";
import { reportIn, textOfReport } from "../../../ha/peer-report.ts";

const REPORT: PeerReport = {
  stores: [
    {
      store: "mysql",
      role: "replica",
      state: "in-sync",
      inSync: true,
      lagSeconds: 0,
      lagBytes: 0,
      detail: "replicates from sp1",
      remedy: null,
      peer: "sp1",
      forMs: 1_000,
      lastIncident: null,
      lastCheck: null,
    },
  ],
  alarms: [{ name: "held", sentence: "held in standby by an operator", sinceMsAgo: 3 }],
  quarantine: 2,
};

test("a report arrives as it was told", (t) => {
  t.deepEqual(reportIn(textOfReport(REPORT)), REPORT);
});

test("what is no report is none", (t) => {
  for (const text of ["", "{", "null", "[]", "{}", '{"stores":[],"alarms":[]}', '{"stores":1}'])
    t.is(reportIn(text), undefined, text);
});
