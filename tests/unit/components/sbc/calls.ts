import fc from "fast-check";
import { textOfMessage, withoutExchange } from "../../../../components/sbc/call.ts";
import type { Call, Exchange, LegTimer, Phase, Reliable } from "../../../../components/sbc/call.ts";
import type { Dialog } from "../../../../components/sbc/sip/dialog.ts";
import type { Fee, Prepaid } from "../../../../components/sbc/prepaid/tariff.ts";
import type { Endpoint } from "../../../../components/sbc/sip/via.ts";
import { invite } from "./sip/messages.ts";

const tag = fc.stringMatching(/^[0-9a-f]{16}[12]$/);
const uri = fc.stringMatching(/^sip:[a-z0-9]{1,12}@192\.0\.2\.[1-9]:[1-9]\d{3}$/);
const identity = fc.tuple(fc.option(fc.string()), uri).map(([name, address]) => {
  return name === null ? `<${address}>` : `${JSON.stringify(name)} <${address}>`;
});
const sequence = fc.integer({ min: 0, max: 2_147_483_600 });

const dialog: fc.Arbitrary<Dialog> = fc.record(
  {
    callId: fc.string({ minLength: 1 }),
    localTag: tag,
    local: identity,
    remote: identity,
    localSequence: sequence,
    routeSet: fc.array(
      uri.map((each) => `<${each};lr>`),
      { maxLength: 3 },
    ),
    remoteTarget: uri,
    remoteTag: fc.string(),
    remoteSequence: sequence,
  },
  {
    requiredKeys: [
      ...(["callId", "localTag", "local", "remote"] as const),
      ...(["localSequence", "routeSet", "remoteTarget"] as const),
    ],
  },
);

const endpoint: fc.Arbitrary<Endpoint> = fc.record({
  address: fc.ipV4(),
  port: fc.integer({ min: 1, max: 65_535 }),
});
/** Bodies hold any byte, and each is one character of the text. */
const bytes = fc.uint8Array({ maxLength: 64 }).map((body) => textOfMessage({ ...invite(), body }));

const description = fc.record({ type: fc.constant("application/sdp"), body: bytes });
const eachOrNone = <Value>(value: fc.Arbitrary<Value>) =>
  fc.record({ caller: value, callee: value }, { requiredKeys: [] });

const rseq = fc.integer({ min: 1, max: 2_147_483_647 });
const reliable: fc.Arbitrary<Reliable> = fc.record(
  {
    state: fc.constantFrom("waiting", "acknowledging", "acknowledged"),
    rseq,
    response: bytes,
    dialog,
    heard: fc.array(fc.record({ tag: fc.string(), rseq }), { maxLength: 3 }),
    prackSequence: sequence,
    prack: fc.record({ request: bytes, target: endpoint }),
    answer: bytes,
  },
  { requiredKeys: ["state", "dialog", "heard"] },
);

const exchange: fc.Arbitrary<Exchange> = fc.record(
  {
    from: fc.constantFrom("caller", "callee"),
    received: bytes,
    sent: bytes,
    target: endpoint,
    state: fc.constantFrom("calling", "early", "answered"),
    answer: bytes,
    cancelled: fc.constant(true),
    reliable,
    told: eachOrNone(description),
  },
  { requiredKeys: ["from", "received", "sent", "target", "state"] },
);

const legTimer: fc.Arbitrary<LegTimer> = fc.record(
  {
    kind: fc.constantFrom("session", "keepAlive"),
    seconds: fc.integer({ min: 0, max: 100_000 }),
    weRefresh: fc.boolean(),
    since: fc.integer({ min: 0, max: 4_102_444_800_000 }),
    byInvite: fc.constant(true),
  },
  { requiredKeys: ["kind", "seconds", "weRefresh", "since"] },
);

const instant = fc.integer({ min: 0, max: 4_102_444_800_000 });
const rate = fc.integer({ min: 0, max: 1_000_000_000 });
const interval = fc.integer({ min: 1, max: 65_535 });

export const anyFee: fc.Arbitrary<Fee> = fc.record({
  ...{ initRate: rate, initInterval: interval, followRate: rate, followInterval: interval },
});

const anyPrepaid: fc.Arbitrary<Prepaid> = fc.record(
  {
    ...{ payer: fc.uuid(), number: fc.stringMatching(/^\d{3,15}$/) },
    tariff: fc.record({ contract: fc.nat(), fee: anyFee }),
    ...{ steps: fc.nat(), intervals: fc.nat(), startedAt: instant, endedAt: instant },
  },
  { requiredKeys: ["payer", "number", "steps", "intervals"] },
);

export const anyCall: fc.Arbitrary<Call> = fc.record(
  {
    id: fc.stringMatching(/^[0-9a-f]{16}$/),
    createdAt: fc.integer({ min: 0, max: 4_102_444_800_000 }),
    caller: dialog,
    callee: dialog,
    established: fc.boolean(),
    exchange,
    farewells: fc.array(fc.record({ bye: bytes, target: endpoint }), {
      minLength: 1,
      maxLength: 2,
    }),
    timers: fc.record({ caller: legTimer, callee: legTimer }),
    descriptions: eachOrNone(description),
    owed: fc.record({
      side: fc.constantFrom("caller", "callee"),
      round: fc.integer({ min: 1, max: 2 }),
    }),
    account: fc.record(
      { username: fc.string(), sealed: fc.string(), realm: fc.string() },
      { requiredKeys: ["username", "sealed"] },
    ),
    prepaid: anyPrepaid,
    filter: fc.record(
      {
        allow: fc.array(fc.string()),
        deny: fc.array(fc.string()),
        codecs: fc.array(fc.string()),
        media: fc.subarray(["video", "ice", "srtp"] as const),
        untrusted: fc.constant(true),
      },
      { requiredKeys: [] },
    ),
    minSe: eachOrNone(fc.integer({ min: 90, max: 100_000 })),
    endsAt: fc.integer({ min: 0, max: 4_102_444_800_000 }),
  },
  { requiredKeys: ["id", "createdAt", "caller", "callee", "established"] },
);

/** A call in the phase `early`, whose last provisional response was reliable. */
export const reliableCall: fc.Arbitrary<Call> = fc
  .tuple(anyCall, exchange, reliable)
  .map(([call, open, provisional]): Call => {
    const early = { ...open, cancelled: undefined, state: "early" as const, reliable: provisional };
    return { ...call, farewells: undefined, established: false, exchange: early };
  });

/** A call in that phase. Made to fit, not picked: most calls are in none that is wanted. */
export const callIn = (phase: Phase): fc.Arbitrary<Call> =>
  fc.tuple(anyCall, exchange, fc.boolean()).map(([call, open, coin]): Call => {
    const { cancelled, ...going } = open;
    const { farewells, ...rest } = withoutExchange(call);
    if (phase === "ended")
      return farewells === undefined
        ? { ...rest, established: false, exchange: { ...going, cancelled: cancelled ?? true } }
        : { ...rest, farewells };
    // A re-INVITE that was cancelled leaves the call as it was.
    if (phase === "confirmed")
      return { ...rest, established: true, ...(coin ? { exchange: open } : {}) };
    return { ...rest, established: false, exchange: { ...going, state: phase } };
  });
