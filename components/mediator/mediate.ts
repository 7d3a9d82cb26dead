import { callKey } from "../call-key.ts";
import type { CallKey, CallTags } from "../call-key.ts";
import { outcomeOf } from "./outcomes.ts";
import { markIn } from "./records.ts";
import type { AccRecord, Cdr, EndedBy } from "./records.ts";

/** Lengths of time in milliseconds. */
export interface MediationRules {
  /** A call that is longer is closed. */
  readonly maxCallMs: number;
  /**
   * An answered call is closed when its dialog has been gone for so long, and a stop without a start is put aside.
   * Longer than a BYE waits for its answer (64 × T1 = 32 s, RFC 3261 17.1.2.2): its row comes after the dialog went.
   */
  readonly graceMs: number;
}

/** What is known when the records of some calls are looked at. */
export interface Known {
  readonly nowMs: number;
  /** Keys of calls that have their call detail record. */
  readonly written: ReadonlySet<CallKey>;
  /** Call-IDs of which the proxy has no dialog any more, and since when that is known. */
  readonly goneSinceMs: ReadonlyMap<string, number>;
}

export interface Mediation {
  readonly cdrs: readonly Cdr[];
  /** Records that are in a call detail record, a new or an older one. */
  readonly done: readonly number[];
  /** Records that belong to no call. */
  readonly stray: readonly number[];
}

const CALL_TYPES: readonly string[] = ["cfu", "cft", "cfb", "cfna", "cfs", "cfr", "cfo"];

/** A BYE of the callee has the tags of its call the other way round. */
export const possibleKeys = (record: CallTags & Pick<AccRecord, "method">): readonly CallKey[] =>
  record.method === "INVITE"
    ? [callKey(record)]
    : [callKey(record), callKey({ ...record, fromTag: record.toTag, toTag: record.fromTag })];

/** A BYE ends the call whatever is answered (RFC 3261, 15.1.1), but for a challenge. */
const isStop = ({ method, code }: AccRecord): boolean =>
  method === "BYE" && code !== "401" && code !== "407";

/** Of the proxy's own, when the media relay had heard nothing for too long; a phone's stop has no reason (records.cfg). */
const isOfNoMedia = ({ code, reason }: AccRecord): boolean => code === "" && reason === "No Media";

const earliest = (records: readonly AccRecord[]): AccRecord | undefined =>
  records.toSorted((one, other) => one.atMs - other.atMs || one.id - other.id)[0];

type Groups = ReadonlyMap<CallKey, readonly AccRecord[]>;

/** The records of each call that they may belong to. */
const groupedByCall = (records: readonly AccRecord[]): Groups => {
  const groups = new Map<CallKey, AccRecord[]>();
  for (const record of records)
    for (const key of new Set(possibleKeys(record))) {
      const group = groups.get(key);
      if (group === undefined) groups.set(key, [record]);
      else group.push(record);
    }
  return groups;
};

const callType = ({ destinationLeg, sourceLeg }: AccRecord): string => {
  const mark = markIn(destinationLeg, "call_type") || markIn(sourceLeg, "call_type");
  return CALL_TYPES.includes(mark) ? mark : "call";
};

/** A call that was forwarded to a URI elsewhere is none to the subscriber that was dialled. */
const destinationOf = ({
  destination,
  routedUser,
  destinationLeg,
}: AccRecord): Cdr["destination"] => {
  const domain = markIn(destinationLeg, "to");
  return domain === "" ? destination : { user: routedUser, domain, uuid: "" };
};

type End = Pick<Cdr, "status" | "durationMs" | "endedBy">;

const cdrOf = (start: AccRecord, end: End): Cdr => ({
  ...end,
  key: callKey(start),
  callId: start.callId,
  type: callType(start),
  code: start.code,
  startMs: start.atMs,
  source: start.source,
  destination: destinationOf(start),
  dialled: start.destination,
  sourceAddress: start.sourceAddress,
  routedUser: start.routedUser,
  sourceLeg: start.sourceLeg,
  destinationLeg: start.destinationLeg,
  cli: markIn(start.sourceLeg, "cli"),
  isHidden: markIn(start.sourceLeg, "clir") === "1",
});

/** When, and by what, an answered call ended; `undefined` while it goes on. */
const endOf = (
  start: AccRecord,
  stops: readonly AccRecord[],
  known: Known,
  rules: MediationRules,
): { readonly atMs: number; readonly endedBy: EndedBy } | undefined => {
  const stop = earliest(stops);
  if (stop !== undefined)
    return { atMs: stop.atMs, endedBy: isOfNoMedia(stop) ? "no_media" : "bye" };
  const goneMs = known.goneSinceMs.get(start.callId);
  if (goneMs !== undefined && known.nowMs - goneMs > rules.graceMs)
    return { atMs: Math.min(goneMs, start.atMs + rules.maxCallMs), endedBy: "no_dialog" };
  if (known.nowMs - start.atMs > rules.maxCallMs)
    return { atMs: start.atMs + rules.maxCallMs, endedBy: "max_length" };
  return undefined;
};

const mediateAnswered = (
  start: AccRecord,
  stops: readonly AccRecord[],
  known: Known,
  rules: MediationRules,
): Cdr | undefined => {
  const end = endOf(start, stops, known, rules);
  if (end === undefined) return undefined;
  const durationMs = Math.max(0, end.atMs - start.atMs);
  return cdrOf(start, { status: "ok", durationMs, endedBy: end.endedBy });
};

/** The record of the call that `invites` of one key tell of; `undefined` while it goes on or when it is none. */
const mediateCall = (
  invites: readonly AccRecord[],
  stops: readonly AccRecord[],
  known: Known,
  rules: MediationRules,
): Cdr | "noCall" | "goesOn" => {
  const answer = earliest(invites.filter((record) => outcomeOf(record).kind === "answered"));
  if (answer !== undefined) return mediateAnswered(answer, stops, known, rules) ?? "goesOn";
  for (const record of invites) {
    const outcome = outcomeOf(record);
    if (outcome.kind === "refused")
      return cdrOf(record, { status: outcome.status, durationMs: 0, endedBy: "refusal" });
  }
  return "noCall";
};

const idsOf = (records: readonly AccRecord[]): readonly number[] => records.map(({ id }) => id);

const isStart = ({ method }: AccRecord): boolean => method === "INVITE";

/** Stops that belong to no call of this look: late ones, and those that are put aside after the grace. */
const mediateRest = (
  stops: readonly AccRecord[],
  known: Known,
  { graceMs }: MediationRules,
): Mediation => {
  const isLate = (stop: AccRecord): boolean =>
    possibleKeys(stop).some((key) => known.written.has(key));
  const rest = stops.filter((stop) => !isLate(stop) && known.nowMs - stop.atMs > graceMs);
  return { cdrs: [], done: idsOf(stops.filter(isLate)), stray: idsOf(rest) };
};

const mediateOne = (
  [key, invites]: readonly [CallKey, readonly AccRecord[]],
  own: readonly AccRecord[],
  known: Known,
  rules: MediationRules,
): Mediation => {
  const done = idsOf([...invites, ...own]);
  if (known.written.has(key)) return { cdrs: [], done, stray: [] };
  const call = mediateCall(invites, own.filter(isStop), known, rules);
  if (call === "noCall") return { cdrs: [], done: [], stray: idsOf(invites) };
  return call === "goesOn" ? NOTHING : { cdrs: [call], done, stray: [] };
};

const NOTHING: Mediation = { cdrs: [], done: [], stray: [] };

/**
 * Turns start and stop records into call detail records. A call whose key is in `known.written` gets none again: its
 * record may be rated and exported by now, so a late stop changes nothing either.
 *
 * @param records all that are in no call detail record yet, of the Call-IDs that they name; in any order, repeated or not
 */
export const mediate = (
  records: readonly AccRecord[],
  known: Known,
  rules: MediationRules,
): Mediation => {
  const stops = records.filter((record) => !isStart(record));
  const stopsOf = groupedByCall(stops);
  const claimed = new Set<number>();
  const parts = [...groupedByCall(records.filter(isStart))].map(([key, invites]) => {
    const own = stopsOf.get(key) ?? [];
    const part = mediateOne([key, invites], own, known, rules);
    // Stops of a call that goes on wait with it; those of no call are treated like others without a start.
    if (part.stray.length === 0) for (const { id } of own) claimed.add(id);
    return part;
  });
  const rest = stops.filter(({ id }) => !claimed.has(id));
  const all = [...parts, mediateRest(rest, known, rules)];
  return {
    cdrs: all.flatMap(({ cdrs }) => cdrs),
    done: all.flatMap(({ done }) => done),
    stray: all.flatMap(({ stray }) => stray),
  };
};
