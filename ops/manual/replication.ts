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
    ["ngcp-replication clone", "on a standby: a copy of the database of the active node"],
  ],
  seeAlso: ["ngcp-status(8)", "ngcp-ha(8)", "ngcp-make-active(8)"],
};
