import { z } from "zod";
import type { Filter } from "./filters.ts";
import type { PeerAccount } from "./credentials.ts";
import type { Prepaid } from "./prepaid/tariff.ts";
import type { Dialog } from "./sip/dialog.ts";
import type { SipMessage, SipRequest, SipResponse } from "./sip/message.ts";
import { parseMessage } from "./sip/parse.ts";
import { serialize } from "./sip/serialize.ts";
import type { Endpoint } from "./sip/via.ts";

/** The two legs of a call: the one that the call came on, and the one that it was sent on. */
export type Side = "caller" | "callee";

type OfSides<Value> = Readonly<Record<Side, Value>>;

export const otherSide = (side: Side): Side => (side === "caller" ? "callee" : "caller");

/** A request of ours that has no final answer yet. */
interface Underway {
  readonly request: string;
  readonly target: Endpoint;
}

/** A dialog of the other leg, by its tag there, and the last RSeq of it that was taken. */
interface Heard {
  readonly tag: string;
  readonly rseq: number;
}

/** A reliable provisional response to an open INVITE (RFC 3262): one at a time is between the legs, the last one. */
export interface Reliable {
  /** `waiting` for the PRACK of the INVITE's sender; `acknowledging`: the other leg's PRACK is under way. */
  readonly state: "waiting" | "acknowledging" | "acknowledged";
  /** Our own number, and the response as it is repeated; absent where the sender knows no reliable ones. */
  readonly rseq?: number | undefined;
  readonly response?: string | undefined;
  /** The dialog of the other leg that it came in; a fork has several. */
  readonly dialog: Dialog;
  readonly heard: readonly Heard[];
  /** The CSeq number of the sender's PRACK: the same one that comes again is answered again. */
  readonly prackSequence?: number | undefined;
  readonly prack?: Underway | undefined;
  /** What the other leg answered to its PRACK. */
  readonly answer?: string | undefined;
}

/** An INVITE between the legs, from its arrival to its ACK: the first one of the call, or a later one. */
export interface Exchange {
  readonly from: Side;
  /** The INVITE as it came and as it was sent on; texts of one character for each byte. */
  readonly received: string;
  readonly sent: string;
  readonly target: Endpoint;
  /** `calling`: nothing but 100 was heard; `early`: it rings; `answered`: a 2xx waits for its ACK. */
  readonly state: "calling" | "early" | "answered";
  /** The response that was sent last: a provisional one, or the 2xx that is repeated until its ACK. */
  readonly answer?: string | undefined;
  /** The sender gave up; what remains is to hear the end from the other leg. */
  readonly cancelled?: true | undefined;
  readonly reliable?: Reliable | undefined;
  /** The session as each side was told of it last by what came between the INVITE and its 2xx. */
  readonly told?: Partial<OfSides<Description | undefined>> | undefined;
}

/** A BYE of ours that is not answered yet. */
export interface Farewell {
  readonly bye: string;
  readonly target: Endpoint;
}

/** What keeps a leg from lasting for ever: its session timer, or the questions to a side that knows none. */
export interface LegTimer {
  readonly kind: "session" | "keepAlive";
  /** 0 for a side that is not asked. */
  readonly seconds: number;
  readonly weRefresh: boolean;
  /** The last word of that side that counts, milliseconds since 1970. */
  readonly since: number;
  /** Our refreshes are INVITEs: that side takes no UPDATE. */
  readonly byInvite?: true | undefined;
}

/** A side that has not been told yet of the session that the other one has changed by its answer to a refresh. */
export interface Owed {
  readonly side: Side;
  /** How many answers on end have changed it. */
  readonly round: number;
}

/** A body, as one character for each byte, and its type. */
export interface Description {
  readonly type: string;
  readonly body: string;
}

/** A call: all that another process needs in order to go on with it. Plain data; a change makes a new one. */
export interface Call {
  /** Our tags are made of it, so each message of a dialog names its call. */
  readonly id: string;
  /** Milliseconds since 1970: deadlines outlive the node. */
  readonly createdAt: number;
  readonly caller: Dialog;
  readonly callee: Dialog;
  /** Whether the first INVITE has had its ACK. */
  readonly established: boolean;
  readonly exchange?: Exchange | undefined;
  readonly farewells?: readonly Farewell[] | undefined;
  /** From the answer on. */
  readonly timers?: Readonly<Record<Side, LegTimer>> | undefined;
  /** The session as each side was last told of it, where one is refreshed by INVITE: it is offered the same again. */
  readonly descriptions?: Partial<OfSides<Description | undefined>> | undefined;
  readonly owed?: Owed | undefined;
  /** The shortest interval that a side has let us know of by a 422, seconds. */
  readonly minSe?: Partial<OfSides<number | undefined>> | undefined;
  /** What passes between the legs, where the domain or the peer has lists for that. */
  readonly filter?: Filter | undefined;
  /** Who we are towards the peer, where it may ask. */
  readonly account?: PeerAccount | undefined;
  /** When the call is ended whatever is said, milliseconds since 1970. */
  readonly endsAt?: number | undefined;
  /** Whose money the call costs, where it is prepaid. */
  readonly prepaid?: Prepaid | undefined;
}

export type Phase = "calling" | "early" | "answered" | "confirmed" | "ended";

export const phaseOf = ({ established, exchange, farewells }: Call): Phase => {
  if (farewells !== undefined) return "ended";
  if (established) return "confirmed";
  return exchange === undefined || exchange.cancelled === true ? "ended" : exchange.state;
};

/** The INVITE is over: answered and acknowledged, or failed. */
export const withoutExchange = (call: Call): Call => {
  const { exchange, ...rest } = call;
  return exchange === undefined ? call : rest;
};

/** The tag by which one leg knows us. */
export const tagFor = (id: string, side: Side): string => `${id}${side === "caller" ? "1" : "2"}`;

/** Which call and which leg a tag of ours belongs to; `undefined` for a tag of somebody else's making. */
export const legOfTag = (tag: string): { id: string; side: Side } | undefined => {
  const [, id, digit] = /^([0-9a-f]{16})([12])$/.exec(tag) ?? [];
  return id === undefined ? undefined : { id, side: digit === "1" ? "caller" : "callee" };
};

export const textOfMessage = (message: SipMessage): string => serialize(message).toString("latin1");

/** The request behind a text; `undefined` when it is none, which only a damaged record holds. */
export const requestOfText = (text: string): SipRequest | undefined => {
  const message = parseMessage(Buffer.from(text, "latin1"));
  return message.kind === "request" ? message : undefined;
};

export const responseOfText = (text: string): SipResponse | undefined => {
  const message = parseMessage(Buffer.from(text, "latin1"));
  return message.kind === "response" ? message : undefined;
};

const SideRecord = z.enum(["caller", "callee"]);
const EndpointRecord = z.strictObject({ address: z.string(), port: z.int() });
const DialogRecord: z.ZodType<Dialog> = z.strictObject({
  callId: z.string(),
  localTag: z.string(),
  remoteTag: z.string().optional(),
  local: z.string(),
  remote: z.string(),
  localSequence: z.int(),
  remoteSequence: z.int().optional(),
  routeSet: z.array(z.string()),
  remoteTarget: z.string(),
});
const TimerRecord = z.strictObject({
  kind: z.enum(["session", "keepAlive"]),
  seconds: z.number(),
  weRefresh: z.boolean(),
  since: z.number(),
  byInvite: z.literal(true).optional(),
});
const DescriptionRecord = z.strictObject({ type: z.string(), body: z.string() });
const DescriptionsRecord = z.strictObject({
  caller: DescriptionRecord.optional(),
  callee: DescriptionRecord.optional(),
});
const ReliableRecord = z.strictObject({
  state: z.enum(["waiting", "acknowledging", "acknowledged"]),
  rseq: z.int().optional(),
  response: z.string().optional(),
  dialog: DialogRecord,
  heard: z.array(z.strictObject({ tag: z.string(), rseq: z.int() })),
  prackSequence: z.int().optional(),
  prack: z.strictObject({ request: z.string(), target: EndpointRecord }).optional(),
  answer: z.string().optional(),
});
const Names = z.array(z.string()).optional();
const FilterRecord = z.strictObject({
  allow: Names,
  deny: Names,
  codecs: Names,
  media: z.array(z.enum(["video", "ice", "srtp"])).optional(),
  untrusted: z.literal(true).optional(),
});
const MinSe = z.int().optional();
const PrepaidRecord: z.ZodType<Prepaid> = z.strictObject({
  payer: z.string(),
  number: z.string(),
  tariff: z
    .strictObject({
      contract: z.int(),
      fee: z.strictObject({
        initRate: z.int(),
        initInterval: z.int(),
        followRate: z.int(),
        followInterval: z.int(),
      }),
    })
    .optional(),
  steps: z.int(),
  intervals: z.int(),
  startedAt: z.number().optional(),
  endedAt: z.number().optional(),
});
/** Beside the call: the version of the record's form, the generation that wrote it, and for the reader the phase. */
const Envelope = z.looseObject({
  v: z.literal(1),
  gen: z.int(),
  phase: z.enum(["calling", "early", "answered", "confirmed", "ended"]),
});
const CallRecord: z.ZodType<Call> = z.object({
  id: z.string(),
  createdAt: z.number(),
  caller: DialogRecord,
  callee: DialogRecord,
  established: z.boolean(),
  exchange: z
    .strictObject({
      from: SideRecord,
      received: z.string(),
      sent: z.string(),
      target: EndpointRecord,
      state: z.enum(["calling", "early", "answered"]),
      answer: z.string().optional(),
      cancelled: z.literal(true).optional(),
      reliable: ReliableRecord.optional(),
      told: DescriptionsRecord.optional(),
    })
    .optional(),
  farewells: z.array(z.strictObject({ bye: z.string(), target: EndpointRecord })).optional(),
  timers: z.strictObject({ caller: TimerRecord, callee: TimerRecord }).optional(),
  descriptions: DescriptionsRecord.optional(),
  owed: z.strictObject({ side: SideRecord, round: z.int() }).optional(),
  filter: FilterRecord.optional(),
  account: z
    .strictObject({ username: z.string(), sealed: z.string(), realm: z.string().optional() })
    .optional()
    // One of an older form is done without; the call is not.
    .catch(undefined),
  minSe: z.strictObject({ caller: MinSe, callee: MinSe }).optional(),
  endsAt: z.number().optional(),
  prepaid: PrepaidRecord.optional(),
});

/** The one record of a call, as JSON. */
export const serializeCall = (call: Call, generation: number): string =>
  JSON.stringify({ v: 1, gen: generation, phase: phaseOf(call), ...call });

/** The call of a record; `undefined` when the text is no record of this version. */
export const restoreCall = (text: string): Call | undefined => {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!Envelope.safeParse(json).success) return undefined;
  // What a newer package has added is not read here.
  return CallRecord.safeParse(json).data;
};

/**
 * The requests that the process before sent after its last write are not in the record: their numbers are left out
 * (RFC 3261 section 12.2.2 allows gaps, and never a step back).
 */
const SEQUENCE_GAP = 10;

/** The call as the process that takes it over goes on with it. */
export const takenOver = (call: Call): Call => ({
  ...call,
  caller: { ...call.caller, localSequence: call.caller.localSequence + SEQUENCE_GAP },
  callee: { ...call.callee, localSequence: call.callee.localSequence + SEQUENCE_GAP },
});
