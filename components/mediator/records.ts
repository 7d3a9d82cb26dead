import type { CallKey } from "../call-key.ts";

/** One row of kamailio.acc that is in no call detail record yet. Times are milliseconds since 1970. */
export interface AccRecord {
  readonly id: number;
  readonly method: string;
  readonly callId: string;
  readonly fromTag: string;
  readonly toTag: string;
  /** SIP reply code, e.g. `200`. */
  readonly code: string;
  readonly reason: string;
  readonly atMs: number;
  readonly source: Party;
  readonly destination: Party;
  readonly sourceAddress: string;
  /** The user part after routing; `destination.user` is what was dialled. */
  readonly routedUser: string;
  /** Marks of the proxy: `name=value` separated by semicolons. */
  readonly sourceLeg: string;
  readonly destinationLeg: string;
}

export interface Party {
  readonly user: string;
  readonly domain: string;
  /** Of the subscriber that the address belongs to; empty when it is none of ours. */
  readonly uuid: string;
}

export type CallStatus = "ok" | "busy" | "noanswer" | "cancel" | "offline" | "timeout" | "other";

export type EndedBy = "bye" | "refusal" | "no_media" | "no_dialog" | "max_length";

/** The value of a mark in a leg; empty without one. */
export const markIn = (leg: string, name: string): string =>
  leg
    .split(";")
    .find((mark) => mark.startsWith(`${name}=`))
    ?.slice(name.length + 1) ?? "";

/** What becomes one row of accounting.cdr. */
export interface Cdr {
  readonly key: CallKey;
  readonly callId: string;
  readonly type: string;
  readonly status: CallStatus;
  readonly code: string;
  /** When the final answer passed: acc has no time of the request. */
  readonly startMs: number;
  readonly durationMs: number;
  readonly endedBy: EndedBy;
  readonly source: Party;
  /** Who was to take the call: of a forward, the target. */
  readonly destination: Party;
  readonly dialled: Pick<Party, "user" | "domain">;
  readonly sourceAddress: string;
  readonly routedUser: string;
  readonly sourceLeg: string;
  readonly destinationLeg: string;
  /** The number that the caller was known by; empty when the proxy left none. */
  readonly cli: string;
  /** True when the callee was not shown it. */
  readonly isHidden: boolean;
}
