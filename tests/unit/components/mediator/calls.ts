import type { AccRecord } from "../../../../components/mediator/records.ts";

const ALICE = { user: "alice", domain: "sip.example.org", uuid: "a" };
const BOB = { user: "bob", domain: "sip.example.org", uuid: "b" };

/** The answer to an INVITE from alice to bob, as the proxy writes it down. */
export const answer = (callId: string, given: Partial<AccRecord> = {}): AccRecord => ({
  id: 1,
  method: "INVITE",
  callId,
  fromTag: "from",
  toTag: "to",
  code: "200",
  reason: "OK",
  atMs: 1_000_000,
  source: ALICE,
  destination: BOB,
  sourceAddress: "192.0.2.7",
  routedUser: "bob",
  sourceLeg: "",
  destinationLeg: "",
  ...given,
});

export const bye = (callId: string, given: Partial<AccRecord> = {}): AccRecord =>
  answer(callId, { id: 2, method: "BYE", atMs: 1_060_000, ...given });
