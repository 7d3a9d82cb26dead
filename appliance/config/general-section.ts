import { mailAddress, oneOf, section, timeZone, yesOrNo } from "./values.ts";

/** The section `general` of config.yml and maintenance.yml. */
export const generalSchema = section({
  adminmail: mailAddress()
    .optional()
    .describe("Told for the reader: whom to write to about this system; nothing is sent"),
  ngcp_type: oneOf(["sppro"]).default("sppro").describe("What this system is: a pair of two nodes"),
  timezone: timeZone()
    .default("UTC")
    .describe("The time zone of what subscribers set by the clock: their reminders"),
  maintenance: yesOrNo()
    .default("no")
    .describe(
      "Somebody works on this node, usually said in maintenance.yml: ngcpcfg status shows it",
    ),
});
