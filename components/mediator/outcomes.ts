import { markIn } from "./records.ts";
import type { AccRecord, CallStatus } from "./records.ts";

/** What the final answer to an INVITE means for the call. */
export type Outcome =
  | { readonly kind: "answered"; readonly why: string }
  | { readonly kind: "refused"; readonly status: CallStatus; readonly why: string }
  /** The caller asks again by itself: no call of its own. */
  | { readonly kind: "noCall"; readonly why: string };

/** What an outcome is told by. The words of an answer are anybody's: config.yml has those of our own. */
type Answer = Pick<AccRecord, "code" | "destinationLeg">;

interface Rule {
  readonly holds: (record: Answer) => boolean;
  readonly outcome: Outcome;
}

const refused = (status: CallStatus, why: string): Outcome => ({ kind: "refused", status, why });

const isOneOf =
  (...codes: readonly string[]): Rule["holds"] =>
  ({ code }) =>
    codes.includes(code);

/** First match wins. Section numbers are those of RFC 3261. */
export const OUTCOMES: readonly Rule[] = [
  {
    holds: ({ code }) => /^2\d\d$/.test(code),
    outcome: { kind: "answered", why: "a 2xx establishes the call (13.2.2.4)" },
  },
  {
    holds: isOneOf("401", "407"),
    outcome: {
      kind: "noCall",
      why: "a challenge: the same call comes again with credentials (22.2)",
    },
  },
  {
    holds: isOneOf("486", "600"),
    outcome: refused("busy", "the callee is busy (21.4.24, 21.6.1)"),
  },
  { holds: isOneOf("487"), outcome: refused("cancel", "the caller gave up (9.2)") },
  {
    holds: isOneOf("404", "410", "604"),
    outcome: refused("offline", "nobody is there under this name (21.4.5, 21.4.11, 21.6.3)"),
  },
  {
    holds: ({ code, destinationLeg }) =>
      code === "480" && markIn(destinationLeg, "reply") === "offline",
    outcome: refused("offline", "our own answer for a subscriber without a registration"),
  },
  {
    holds: isOneOf("480"),
    outcome: refused("noanswer", "the callee was reached and does not answer (21.4.18)"),
  },
  {
    holds: isOneOf("408", "504"),
    outcome: refused("timeout", "no final answer in time (21.4.9, 21.5.5)"),
  },
  {
    holds: ({ code }) => /^[3-6]\d\d$/.test(code),
    outcome: refused("other", "every other refusal: see call_code"),
  },
];

const UNKNOWN: Outcome = { kind: "noCall", why: "no final answer" };

export const outcomeOf = (record: Answer): Outcome =>
  OUTCOMES.find(({ holds }) => holds(record))?.outcome ?? UNKNOWN;
