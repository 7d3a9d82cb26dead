import { cdrDefinition } from "../commands/cdr/index.ts";
import type { Page } from "./page.ts";

export const cdrPage: Page = {
  ...cdrDefinition,
  description: [
    "Shows and exports the call detail records of accounting.cdr. Either node of the pair can be asked: both have the same. Only root may call this, who alone reads the password.",
    "On the active node ngcp-mediator turns the start and stop records of the proxy (kamailio.acc) into one record for each call, known by its Call-ID and both tags: the record and the marks on what it was made of are one transaction, so a node that dies at any moment neither loses nor doubles one. It may be killed and started at any time.",
    "A call ends by bye, or by no_media: nothing was heard of it for rtpengine.timeout_s, and the proxy ended it. Or it never began: refusal, with call_status and call_code. One whose end was never recorded is closed by a rule: no_dialog when the proxy has not had its dialog for mediator.grace_s, and ends when that was seen; max_length after mediator.max_call_s. ended_by tells them apart, and a record is never changed afterwards. init_time is start_time: the proxy records when the final answer passed.",
    "Times without a zone are those of this machine, a date alone is UTC. CSV has a line with the names of the columns, commas, and quotes where they are needed (RFC 4180). Into a file, export writes what no file has had yet and marks it (export_status, exported_at), on the active node, when the file is whole on the disk; --again writes what was exported before, too, and marks nothing, nor does an export to standard output. One that died between the two is to be repeated into the same file.",
  ],
  files: [
    ["/etc/mysql/ngcp-tools.cnf", "how the tools reach MariaDB; written by ngcpcfg"],
    ["/etc/ngcp-mediator/settings.json", "what the mediator goes by; written by ngcpcfg"],
    ["/run/ngcp-mediator/alive", "uptime in seconds at its last look at the database"],
  ],
  examples: [
    ["ngcp-cdr show --limit 5", "the five newest calls"],
    ["ngcp-cdr show --ended-by no_dialog", "calls whose stop never came"],
    [
      "ngcp-cdr export --from 2026-11-01 --to 2026-12-01 --csv november.csv",
      "what is new of a month",
    ],
    [
      "ngcp-cdr export --again --from 2026-11-01 --to 2026-12-01 --csv november.csv",
      "a month, whatever was exported before",
    ],
    ["ngcp-cdr status --json", "how far the mediator is, for a program"],
  ],
  seeAlso: ["ngcp-provision(8)", "ngcp-status(8)", "ngcpcfg(8)"],
};
