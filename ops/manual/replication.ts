import { replication } from "../commands/replication/index.ts";
import type { Page } from "./page.ts";

export const replicationPage: Page = {
  define: replication.define,
  exits: replication.exits,
  description: [
    "Shows for MariaDB and for Redis which role the store of this node has, how it stands with that of the peer and for how long, how far it is behind, what it is doing now and what was the matter last.",
    "A store is unconfigured before it has been told whom to follow, cloning while it is copied from the peer as a whole, catching-up while it lacks something that is on its way, in-sync, diverged when it holds something that the peer does not, broken when it cannot go on before something else is put right, and paused while the peer does not answer. On the active node the state is that of the peer, as far as it shows there.",
    "ngcp-ha puts right by itself what can be put right safely: it sets replication up, starts it again, fetches again what cannot be read, and has the database of the peer copied where this node holds something else, or lacks what the peer no longer keeps. What only this node has is saved before that: as rows to read, as statements and as the binary log.",
    "check compares, on the standby and while calls go on, every table that is replicated with that of the active node, part by part and resting as long as it works; rows that differ are looked at again until they are equal or the standby has had everything and still differs. Nothing is locked for it. Of Redis the numbers of keys and the values of some keys are compared. What differs is printed, the result stands in the status, and ngcp-replication-check.timer does the same every night.",
    "repair does what check does, saves rows of the standby that differ, and makes them equal to those of the active node. A Redis that differs is copied anew as a whole, after its log was saved. A table without a primary key, or one that only one node has, is left: clone puts it right.",
    "clone takes such a copy now. The old data serve until the copy is whole; a copy that is interrupted is begun again. On the active node it is refused.",
    "quarantine list names the folders with rows that only this node had when its peer took over, show prints the rows of one, and restore brings those of one folder, or of all, back into the database that is written to, from either node: a row comes back where the active node still has it as it was before, or has none where it was inserted. Where one is in conflict nothing is written, unless --partly asks for the others; conflicts are told row by row. A folder that was brought back as a whole is told no more. With replication.policy: merge in config.yml this is done by itself after a returning node was copied anew, where no row is in conflict.",
    "What the log does not tell for certain is a conflict, too: rows of a table without a primary key, texts with characters below a space, and transactions that change a table. transactions.sql and the binary log in the folder hold them.",
  ],
  files: [
    [
      "/var/lib/ngcp-ha/quarantine",
      "what only this node had when its peer took over, a folder for each time",
    ],
    ["/var/lib/ngcp-ha/check-mysql.json, check-redis.json", "what the last comparison found"],
    ["/var/lib/ngcp-ha/clone.json", "how far the copy is, or what came of the last one"],
    [
      "/var/lib/mysql-clone",
      "the copy while it grows: as much room as the database takes is needed",
    ],
  ],
  examples: [
    ["ngcp-replication", "how both stores are"],
    ["ngcp-replication status --json | jq .stores[0].state", "the state of MariaDB, for a program"],
    ["ngcp-replication check", "on a standby: are the rows those of the active node?"],
    ["ngcp-replication repair", "on a standby: makes them so"],
    ["ngcp-replication quarantine list", "what only this node had, a folder for each time"],
    [
      "ngcp-replication quarantine restore 2026-11-30T02.15.00Z",
      "its rows go to the active node, where none is in conflict",
    ],
    ["ngcp-replication clone", "on a standby: a copy of the database of the active node"],
  ],
  seeAlso: ["ngcp-status(8)", "ngcp-ha(8)", "ngcp-make-active(8)"],
};
