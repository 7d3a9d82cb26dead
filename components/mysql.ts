import { defineComponent } from "./component.ts";

/** Runs on both nodes; read-only but on the active one, which is for ngcp-ha to see to. */
export const mysql = defineComponent({
  name: "mysql",
  unit: "ngcp-mysql.service",
  runsOn: "both",
  dependsOn: [],
  preparable: false,
  listens: [
    { port: 3306, protocol: "tcp", on: "internal" },
    { port: 3306, protocol: "tcp", on: "crosslink" },
  ],
  health: { kind: "sqlPing", timeoutMs: 1_000, failures: 3 },
  templates: [
    "etc/mysql/ngcp.cnf.eta",
    "etc/mysql/ngcp-accounts.sql.eta",
    "etc/mysql/ngcp-clients.sql.eta",
    "etc/mysql/ngcp-peer.cnf.eta",
    "etc/mysql/ngcp-tools.cnf.eta",
  ],
  stopTimeoutMs: 30_000,
});
