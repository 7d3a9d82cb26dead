import type { Feed } from "../../../appliance/system/command.ts";
import { sentenceFor } from "../../operator-error.ts";
import type { Desk } from "../../tool.ts";
import type { ConfigGround } from "./ground.ts";

/** Priorities of syslog(3): how lines are kept that are shown on standard output and on standard error. */
const PRIORITY = { said: 6, complained: 4, failed: 3 } as const;

/** Time and node stand before a line that is shown; the log has both by itself. */
const STAMP = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \S+: /;

const lines = (priority: number, text: string): readonly string[] =>
  text
    .split("\n")
    .map((line) => line.replace(STAMP, ""))
    .filter((line) => line.trim() !== "")
    .map((line) => `<${priority}>${line}`);

/** A desk whose lines are kept as well. */
const keepingDesk = (desk: Desk, log: Feed): Desk => ({
  ...desk,
  say: (line) => {
    lines(PRIORITY.said, line).forEach(log.write);
    desk.say(line);
  },
  complain: (line) => {
    const priority = /\bWarning: /.test(line) ? PRIORITY.complained : PRIORITY.failed;
    lines(priority, line).forEach(log.write);
    desk.complain(line);
  },
});

/** What changes something is kept in the log of the node: what was shown of it, and why it ended. */
export const kept = async <Result>(
  desk: Desk,
  ground: ConfigGround,
  work: (desk: Desk) => Promise<Result>,
): Promise<Result> => {
  const log = ground.openSyslog();
  try {
    return await work(keepingDesk(desk, log));
  } catch (error) {
    const sentence = sentenceFor(error);
    if (sentence !== undefined) log.write(`<3>${sentence}`);
    throw error;
  } finally {
    await log.end();
  }
};
