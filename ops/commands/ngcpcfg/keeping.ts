import type { Feed } from "../../../appliance/system/command.ts";
import type { Desk } from "../../tool.ts";

/** Priorities of syslog(3): how lines are kept that are shown on standard output and on standard error. */
const PRIORITY = { said: 6, complained: 4, failed: 3 } as const;

/** Time and node stand before a line that is shown; the log has both by itself. */
const STAMP = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \S+: /;

const kept = (priority: number, text: string): readonly string[] =>
  text
    .split("\n")
    .map((line) => line.replace(STAMP, ""))
    .filter((line) => line.trim() !== "")
    .map((line) => `<${priority}>${line}`);

/** A desk whose lines are kept as well. */
export const keepingDesk = (desk: Desk, log: Feed): Desk => ({
  ...desk,
  say: (line) => {
    kept(PRIORITY.said, line).forEach(log.write);
    desk.say(line);
  },
  complain: (line) => {
    const priority = /\bWarning: /.test(line) ? PRIORITY.complained : PRIORITY.failed;
    kept(priority, line).forEach(log.write);
    desk.complain(line);
  },
});
