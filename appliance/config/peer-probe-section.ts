import type { z } from "zod";
import type { PeerProbeModel } from "../model.ts";
import {
  dialledName,
  domain,
  oneOf,
  replyCodes,
  seconds,
  section,
  wholeNumber,
  yesOrNo,
} from "./values.ts";

/** The section `kamailio.proxy.peer_probe` of config.yml; its keys are called as operators of this system know them. */
export const peerProbeSchema = section({
  enable: yesOrNo()
    .default("yes")
    .describe("Whether peer hosts are asked if they answer: those that have the flag probe"),
  method: oneOf(["OPTIONS", "INFO"]).default("OPTIONS").describe("The request that asks"),
  from_uri_user: dialledName().default("ping").describe("The user part of its From"),
  from_uri_domain: domain().default("probe.ngcp.local").describe("The domain of its From"),
  interval: seconds(1, 3_600).default(10).describe("Seconds between two questions to each of them"),
  timeout: seconds(1, 32)
    .default(5)
    .describe(
      "Seconds in which an answer counts, kamailio.timers.fr_timer_ms at most; the question is repeated meanwhile, over UDP",
    ),
  unavailable_treshold: wholeNumber({ min: 1, max: 100 })
    .default(1)
    .describe(
      "After so many questions in a row without an answer that counts calls leave the host out",
    ),
  available_treshold: wholeNumber({ min: 1, max: 100 })
    .default(1)
    .describe("After so many answers in a row it gets calls again"),
  reply_codes: replyCodes()
    .default("class=2;class=3;code=401;code=403;code=404;code=405;code=407")
    .describe(
      "Answers that count. 408, 477 and 478 never do, which the load-balancer says of a host that it cannot reach, nor does 503, which it hands on as 500; so no 500 does",
    ),
});

export const peerProbeOf = (keys: z.output<typeof peerProbeSchema>): PeerProbeModel => ({
  enabled: keys.enable === "yes",
  method: keys.method,
  from: `sip:${keys.from_uri_user}@${keys.from_uri_domain.includes(":") ? `[${keys.from_uri_domain}]` : keys.from_uri_domain}`,
  intervalSeconds: keys.interval,
  timeoutSeconds: keys.timeout,
  unavailableThreshold: keys.unavailable_treshold,
  availableThreshold: keys.available_treshold,
  replyCodes: keys.reply_codes
    .split(";")
    .map((word) => word.replace(/^code=/, "").replace(/^class=(\d)$/, "$1[0-9][0-9]")),
});
