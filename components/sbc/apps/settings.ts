import { readFileSync } from "node:fs";
import { z } from "zod";
import type { Codes } from "./codes.ts";

/** What ngcpcfg writes from the sections `b2b.vsc` and `b2b.reminder` of config.yml. */
const Settings = z.object({
  codes: z.object({
    cfu: z.string(),
    cfb: z.string(),
    cft: z.string(),
    cfna: z.string(),
    block: z.string(),
    blockAnonymous: z.string(),
    reminder: z.string(),
  }),
  reminder: z.object({
    timezone: z.string(),
    uri: z.string(),
    lateSeconds: z.number(),
    attempts: z.number(),
    atOnce: z.number(),
    ringSeconds: z.number(),
    retrySeconds: z.number(),
    announcementSilentSeconds: z.number(),
    longestSeconds: z.number(),
  }),
});

const Secrets = z.object({ applicationSecret: z.string() });

const jsonOf = (path: string): unknown => JSON.parse(readFileSync(path, "utf8"));

/** @throws the error of the file system, or of its form: ngcpcfg writes the file whole */
export const readCodes = (path: string): Codes => Settings.parse(jsonOf(path)).codes;

export type ReminderSettings = z.output<typeof Settings>["reminder"];

/** @throws as {@link readCodes} */
export const readReminderSettings = (path: string): ReminderSettings =>
  Settings.parse(jsonOf(path)).reminder;

/** @throws as {@link readCodes} */
export const readApplicationSecret = (path: string): string =>
  Secrets.parse(jsonOf(path)).applicationSecret;
