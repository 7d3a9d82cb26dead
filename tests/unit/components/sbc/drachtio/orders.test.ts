import test from "ava";
import fc from "fast-check";
import { orderOf } from "../../../../../components/sbc/drachtio/orders.ts";

test("the orders of drachtio-srf are understood", (t) => {
  t.deepEqual(orderOf("1|authenticate|word|one,two"), {
    ...{ id: "1", kind: "authenticate", secret: "word", tags: ["one", "two"] },
  });
  t.deepEqual(orderOf("1|authenticate|word|"), {
    ...{ id: "1", kind: "authenticate", secret: "word", tags: [] },
  });
  t.deepEqual(orderOf("2|route|INVITE"), { id: "2", kind: "route", verb: "invite" });
  t.deepEqual(orderOf("3|remove_route|invite"), { id: "3", kind: "removeRoute", verb: "invite" });
  t.deepEqual(orderOf("4|ping"), { id: "4", kind: "ping" });
});

test("a request holds its dialog, its proxy, its headers in canonical spelling, and its body", (t) => {
  const order = orderOf(
    "5|sip||dialog|sip:127.0.0.1:5060\r\nINFO sip:placeholder SIP/2.0\r\nsubject: a: b \r\ns: c\r\n\r\nbody\r\n",
  );
  if (order?.kind !== "request") return t.fail();
  t.is(order.dialogId, "dialog");
  t.is(order.transactionId, "");
  t.is(order.proxy, "sip:127.0.0.1:5060");
  t.is(order.draft.method, "INFO");
  t.deepEqual(order.draft.headers, [
    { name: "Subject", value: "a: b" },
    { name: "Subject", value: "c" },
  ]);
  t.is(order.draft.body.toString(), "body\r\n");
});

test("a response names the transaction that it answers", (t) => {
  const order = orderOf("6|sip|transaction|\r\nSIP/2.0 486 Busy Here\r\n");
  if (order?.kind !== "response") return t.fail();
  const { draft, transactionId } = order;
  t.deepEqual([draft.status, draft.reason, transactionId], [486, "Busy Here", "transaction"]);
});

test("what is not served, or no message, is refused by its id", (t) => {
  for (const text of [
    ...["7|proxy|a|b", "7|route|cdr:start", "7|sip||", "7|sip||\r\nnonsense", "7"],
    "7|sip||\r\nINFO sip:a SIP/2.0\r\nbad header: x",
  ])
    t.is(orderOf(text)?.kind, "refused", text);
  t.is(orderOf("|ping"), undefined);
});

test("no text makes it throw", (t) => {
  const text = fc.oneof(
    fc.string(),
    fc.string().map((rest) => `1|sip|a|b\r\n${rest}`),
  );
  fc.assert(fc.property(text, (payload) => t.notThrows(() => orderOf(payload))));
});
