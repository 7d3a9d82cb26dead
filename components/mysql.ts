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
  reloads: [
    {
      template: "etc/mysql/ngcp.cnf.eta",
      // Not innodb_buffer_pool_size: MariaDB 11.8 lets it grow no further than it was at the start.
      how: { kind: "settings", server: "mariadb", names: ["rpl_semi_sync_master_timeout"] },
    },
    { template: "etc/mysql/ngcp-peer.cnf.eta", how: { kind: "nothing" } },
    { template: "etc/mysql/ngcp-tools.cnf.eta", how: { kind: "nothing" } },
  ],
  restartCuts: "nothing that is up, but nobody registers or calls until it is open again",
  stopTimeoutMs: 30_000,
});
