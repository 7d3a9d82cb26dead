import test from "ava";
import type { Header } from "../../../../../components/sbc/sip/header.ts";
import {
  acknowledges,
  HIGHEST_FIRST_RSEQ,
  provisionalOrder,
  rackFor,
  rackOf,
  reliabilityOf,
  reliableHeaders,
  rseqOf,
} from "../../../../../components/sbc/sip/reliability.ts";
import { responseTo } from "../../../../../components/sbc/sip/responses.ts";
import { INVITE } from "./machine-run.ts";
import { invite } from "./messages.ts";

const ringing = (headers: readonly Header[], status = 180) =>
  responseTo(INVITE, { status, toTag: "b", headers });

test("a reliable provisional response is known by Require and RSeq", (t) => {
  t.is(rseqOf(ringing(reliableHeaders(988_789))), 988_789);
  t.is(rseqOf(ringing([{ name: "RSeq", value: "1" }])), undefined);
  t.is(rseqOf(ringing([{ name: "Require", value: "100rel" }])), undefined);
  t.is(rseqOf(ringing(reliableHeaders(1), 100)), undefined);
  t.is(rseqOf(ringing(reliableHeaders(1), 200)), undefined);
  t.is(rseqOf(ringing(reliableHeaders(4_294_967_296))), undefined);
});

test("a PRACK names the response that it acknowledges (RFC 3262 section 7.2)", (t) => {
  const rack = rackOf({ ...INVITE, headers: [rackFor(ringing([]), 776_656)] });
  t.deepEqual(rack, { rseq: 776_656, cseq: { sequence: 1, method: "INVITE" } });
  if (rack === undefined) return;
  t.true(acknowledges(rack, rack));
  for (const other of [
    { ...rack, rseq: 776_657 },
    { ...rack, cseq: { sequence: 2, method: "INVITE" } },
    { ...rack, cseq: { sequence: 1, method: "UPDATE" } },
  ])
    t.false(acknowledges(other, rack));
});

test("a malformed RAck is none", (t) => {
  for (const value of [
    "",
    "1 1",
    "x 1 INVITE",
    "1 2147483648 INVITE",
    "4294967296 1 INVITE",
    "1 1 IN@VITE",
  ])
    t.is(rackOf({ ...INVITE, headers: [{ name: "RAck", value }] }), undefined, value);
  t.is(rackOf(INVITE), undefined);
});

test("the caller says whether it can, must or cannot do with reliable responses", (t) => {
  t.is(reliabilityOf(invite()), "none");
  t.is(reliabilityOf(invite({ Supported: "timer, 100REL" })), "supported");
  t.is(reliabilityOf(invite({ Supported: "100rel", Require: "100rel" })), "required");
});

test("provisional responses are acknowledged in their order (RFC 3262 section 4)", (t) => {
  t.is(provisionalOrder(undefined, HIGHEST_FIRST_RSEQ), "acknowledge");
  t.is(provisionalOrder(7, 8), "acknowledge");
  t.is(provisionalOrder(7, 7), "repeated");
  t.is(provisionalOrder(7, 6), "repeated");
  t.is(provisionalOrder(7, 9), "early");
});
