import { z } from "zod";
import type { B2bModel } from "../model.ts";
import { seconds, section, yesOrNo } from "./values.ts";

export const b2bSchema = section({
  max_call_s: seconds(0, 604_800)
    .default(0)
    .describe("The longest call through the B2BUA from its answer on; 0 is no limit"),
  session_expires_s: seconds(90, 86_400)
    .default(1_800)
    .describe("Interval of the session timers that the B2BUA asks for on each leg (RFC 4028)"),
  keepalive_s: seconds(0, 86_400)
    .default(300)
    .describe(
      "How often a side that knows no session timers is asked by OPTIONS whether it lives; 0 is never",
    ),
  silent_s: seconds(1, 32)
    .default(6)
    .describe(
      "How long the proxy waits for a first word of the B2BUA before a call counts as not taken",
    ),
  prepaid_step_s: seconds(1, 3_600)
    .default(30)
    .describe(
      "For how long a prepaid call sets money aside at once: longer spares the database, and leaves less to other calls of the customer",
    ),
  prepaid_without_database: z
    .enum(["end", "continue"])
    .default("end")
    .describe(
      "What a prepaid call does at the end of what is paid while the database does not answer",
    ),
  peer_calls: yesOrNo()
    .default("yes")
    .describe("Whether calls to peerings go through the B2BUA, which hides the inside from them"),
});

export const b2bOf = (config: z.output<typeof b2bSchema>): B2bModel => ({
  sessionExpiresSeconds: config.session_expires_s,
  keepAliveSeconds: config.keepalive_s,
  silentSeconds: config.silent_s,
  prepaidStepSeconds: config.prepaid_step_s,
  prepaidWithoutDatabase: config.prepaid_without_database,
  peerCalls: config.peer_calls === "yes",
  ...(config.max_call_s === 0 ? {} : { maxCallSeconds: config.max_call_s }),
});
