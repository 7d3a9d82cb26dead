import type { z } from "zod";
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
  peer_calls: yesOrNo()
    .default("yes")
    .describe("Whether calls to peerings go through the B2BUA, which hides the inside from them"),
});

export const b2bOf = (config: z.output<typeof b2bSchema>): B2bModel => ({
  sessionExpiresSeconds: config.session_expires_s,
  keepAliveSeconds: config.keepalive_s,
  peerCalls: config.peer_calls === "yes",
  ...(config.max_call_s === 0 ? {} : { maxCallSeconds: config.max_call_s }),
});
