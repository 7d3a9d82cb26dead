import test from "ava";
import type { SipMessage, SipRequest } from "../../../../../components/sbc/sip/message.ts";
import { resumeInviteServer } from "../../../../../components/sbc/sip/invite-server.ts";
import { parseMessage } from "../../../../../components/sbc/sip/parse.ts";
import { cancelOf } from "../../../../../components/sbc/sip/requests.ts";
import { responseTo } from "../../../../../components/sbc/sip/responses.ts";
import { serialize } from "../../../../../components/sbc/sip/serialize.ts";
import { TransactionLayer } from "../../../../../components/sbc/sip/transaction-layer.ts";
import type { LayerOutput } from "../../../../../components/sbc/sip/transaction-layer.ts";
import { answer, INVITE, OPTIONS, SETTINGS, TARGET } from "./machine-run.ts";
import { inviteLines, wire } from "./messages.ts";

const SOURCE = { address: "192.0.2.7", port: 5060 };

const layer = (): TransactionLayer => new TransactionLayer(SETTINGS, () => "tag-of-the-layer");

const sent = (outputs: readonly LayerOutput[]): readonly SipMessage[] =>
  outputs.flatMap((output) => {
    if (output.kind !== "send") return [];
    const message = parseMessage(output.bytes);
    return message.kind === "malformed" ? [] : [message];
  });

const statuses = (outputs: readonly LayerOutput[]): readonly number[] =>
  sent(outputs).map((message) => (message.kind === "response" ? message.status : 0));

const kinds = (outputs: readonly LayerOutput[]): readonly string[] =>
  outputs.map(({ kind }) => kind);

/** The key under which a request was told. */
const told = (outputs: readonly LayerOutput[]): string => {
  for (const output of outputs) if (output.kind === "request") return output.key;
  throw new Error(`no request among ${kinds(outputs).join(", ")}`);
};

const withBranch = (request: SipRequest, branch: string): Buffer =>
  Buffer.from(serialize(request).toString().replace("z9hG4bK74bf9", branch));

const asMethod = (method: string, changes: Readonly<Record<string, string>> = {}): Buffer =>
  wire([
    `${method} ${INVITE.uri} SIP/2.0`,
    ...inviteLines({ CSeq: `1 ${method}`, ...changes }).slice(1),
  ]);

test("a request is told once, answered over its transaction, and its copies are absorbed", (t) => {
  const transactions = layer();
  const key = told(transactions.receive(serialize(OPTIONS), SOURCE, 0));
  t.deepEqual(transactions.receive(serialize(OPTIONS), SOURCE, 10), []);
  const outputs = transactions.respond(key, answer(OPTIONS, 200), 20);
  t.deepEqual(statuses(outputs), [200]);
  t.deepEqual(outputs[0]?.kind === "send" && outputs[0].target, TARGET);
  t.deepEqual(statuses(transactions.receive(serialize(OPTIONS), SOURCE, 30)), [200]);
  t.is(transactions.deadline, 20 + 64 * SETTINGS.t1Ms);
  transactions.advance(transactions.deadline);
  t.is(transactions.size, 0);
  t.is(transactions.deadline, Infinity);
});

test("the top Via of a request says where it came from", (t) => {
  const [output] = layer().receive(serialize(OPTIONS), { address: "198.51.100.1", port: 9 }, 0);
  const via = output?.kind === "request" ? output.request.vias[0] : undefined;
  t.deepEqual(via?.params.slice(1), [
    { name: "received", value: "198.51.100.1" },
    { name: "rport", value: "9" },
  ]);
});

test("a request of ours gets its responses, and after them nothing", (t) => {
  const transactions = layer();
  t.deepEqual(kinds(transactions.request(INVITE, TARGET, 0)), ["send"]);
  t.deepEqual(kinds(transactions.receive(serialize(answer(INVITE, 180)), TARGET, 1)), ["response"]);
  t.deepEqual(kinds(transactions.receive(serialize(answer(INVITE, 486)), TARGET, 2)), [
    "send",
    "response",
  ]);
  t.deepEqual(kinds(transactions.receive(serialize(answer(INVITE, 486)), TARGET, 3)), ["send"]);
  t.deepEqual(transactions.advance(40_000), []);
  t.is(transactions.size, 0);
  t.deepEqual(transactions.receive(serialize(answer(INVITE, 486)), TARGET, 40_001), []);
  t.is(transactions.discarded.strayResponses, 1);
  t.deepEqual(kinds(transactions.receive(serialize(answer(INVITE, 200)), TARGET, 40_002)), [
    "strayResponse",
  ]);
});

test("a timeout names the request", (t) => {
  const transactions = layer();
  transactions.request(OPTIONS, TARGET, 0);
  const outputs = transactions.advance(32_000);
  t.deepEqual(outputs.at(-1), {
    kind: "failed",
    key: "z9hG4bK74bf9 OPTIONS",
    because: "timeout",
    request: OPTIONS,
  });
});

test("what the transport could not send fails", (t) => {
  const transactions = layer();
  const [output] = transactions.request(OPTIONS, TARGET, 0);
  const key = output?.kind === "send" ? (output.key ?? "") : "";
  t.deepEqual(kinds(transactions.transportFailed(key, 1)), ["failed"]);
  t.deepEqual(transactions.transportFailed(key, 2), []);
});

test("the ACK of a failure ends in its transaction, the ACK of a 2xx is told", (t) => {
  const transactions = layer();
  const key = told(transactions.receive(serialize(INVITE), SOURCE, 0));
  transactions.respond(key, answer(INVITE, 486), 1);
  t.deepEqual(transactions.receive(asMethod("ACK"), SOURCE, 2), []);
  t.deepEqual(transactions.advance(3), []);
  const other = told(
    transactions.receive(
      wire(inviteLines({ Via: "SIP/2.0/UDP h;branch=z9hG4bK2", "Call-ID": "2" })),
      SOURCE,
      4,
    ),
  );
  t.deepEqual(statuses(transactions.respond(other, answer(INVITE, 200), 5)), [200]);
  t.deepEqual(
    kinds(
      transactions.receive(asMethod("ACK", { Via: "SIP/2.0/UDP h;branch=z9hG4bK3" }), SOURCE, 6),
    ),
    ["ack"],
  );
});

test("RFC 2543: without a branch a request is known by all that it says", (t) => {
  const transactions = layer();
  const Via = "SIP/2.0/UDP 192.0.2.7:5060";
  const bytes = wire(inviteLines({ Via }));
  const outputs = transactions.receive(bytes, SOURCE, 0);
  const key = told(outputs);
  t.deepEqual(transactions.receive(bytes, SOURCE, 1), []);
  transactions.respond(key, responseTo(INVITE, { status: 404, toTag: "b" }), 2);
  t.deepEqual(
    transactions.receive(asMethod("ACK", { Via, To: "<sip:bob@example.net>;tag=b" }), SOURCE, 3),
    [],
  );
  t.is(transactions.transaction(key)?.phase, "confirmed");
  t.deepEqual(kinds(transactions.receive(wire(inviteLines({ Via, "Call-ID": "2" })), SOURCE, 4)), [
    "request",
  ]);
});

test("RFC 4475 badbranch: the bare cookie is no branch", (t) => {
  const transactions = layer();
  const Via = "SIP/2.0/UDP 192.0.2.7:5060;branch=z9hG4bK";
  t.deepEqual(kinds(transactions.receive(asMethod("OPTIONS", { Via }), SOURCE, 0)), ["request"]);
  t.deepEqual(
    kinds(transactions.receive(asMethod("OPTIONS", { Via, "Call-ID": "2" }), SOURCE, 1)),
    ["request"],
  );
});

test("a CANCEL is told with the INVITE that it is about, if there is one", (t) => {
  const transactions = layer();
  const key = told(transactions.receive(serialize(INVITE), SOURCE, 0));
  const [cancel] = transactions.receive(serialize(cancelOf(INVITE)), SOURCE, 1);
  t.is(cancel?.kind, "cancel");
  t.is(cancel?.kind === "cancel" && cancel.inviteKey, key);
  const [other] = transactions.receive(withBranch(cancelOf(INVITE), "z9hG4bKx"), SOURCE, 2);
  t.is(other?.kind, "cancel");
  t.is(other?.kind === "cancel" ? other.inviteKey : "", undefined);
});

test("a request that came on two ways is answered by 482 the second time (RFC 3261 8.2.2.2)", (t) => {
  const transactions = layer();
  told(transactions.receive(serialize(INVITE), SOURCE, 0));
  const second = withBranch(INVITE, "z9hG4bKother");
  const outputs = transactions.receive(second, SOURCE, 1);
  t.deepEqual(statuses(outputs), [482]);
  t.deepEqual(sent(outputs)[0]?.to.params, [{ name: "tag", value: "tag-of-the-layer" }]);
  t.deepEqual(kinds(outputs), ["send"]);
  t.deepEqual(statuses(transactions.receive(second, SOURCE, 2)), [482]);
});

test("a request that was refused may come again on another branch: a proxy tries one way after the other", (t) => {
  const transactions = layer();
  const first = told(transactions.receive(serialize(INVITE), SOURCE, 0));
  transactions.respond(first, answer(INVITE, 503), 1);
  const second = transactions.receive(withBranch(INVITE, "z9hG4bKnext"), SOURCE, 2);
  t.deepEqual(kinds(second), ["request"]);
});

test("a request within a dialog is never merged, and the next one of a caller is not", (t) => {
  const transactions = layer();
  const To = "<sip:bob@example.net>;tag=b";
  for (const branch of ["z9hG4bK1", "z9hG4bK2"]) {
    const Via = `SIP/2.0/UDP 192.0.2.7;branch=${branch}`;
    t.deepEqual(kinds(transactions.receive(asMethod("UPDATE", { Via, To }), SOURCE, 0)), [
      "request",
    ]);
  }
  const first = told(transactions.receive(serialize(INVITE), SOURCE, 0));
  transactions.respond(first, answer(INVITE, 486), 0);
  transactions.advance(SETTINGS.t1Ms * 64);
  t.deepEqual(kinds(transactions.receive(withBranch(INVITE, "z9hG4bKx"), SOURCE, 40_000)), [
    "request",
  ]);
});

test("malformed requests are answered and counted, no transaction is left of them", (t) => {
  const transactions = layer();
  t.deepEqual(kinds(transactions.receive(wire(inviteLines({ CSeq: "x" })), SOURCE, 0)), ["send"]);
  t.deepEqual(transactions.receive(Buffer.from("\r\n\r\n"), SOURCE, 0), []);
  t.is(transactions.discarded.malformed, 2);
  t.is(transactions.size, 0);
});

test("a transaction of another process is adopted and goes on", (t) => {
  const transactions = layer();
  const adopted = resumeInviteServer(INVITE, false, answer(INVITE, 180));
  transactions.adopt(adopted);
  t.deepEqual(statuses(transactions.receive(serialize(INVITE), SOURCE, 0)), [180]);
  t.deepEqual(statuses(transactions.respond(adopted.key, answer(INVITE, 200), 1)), [200]);
  t.deepEqual(transactions.respond("no such key", answer(INVITE, 200), 1), []);
});

test("a transaction that is abandoned ends without a word, and its responses find nobody", (t) => {
  const transactions = layer();
  transactions.request(INVITE, TARGET, 0);
  transactions.receive(serialize(answer(INVITE, 180)), TARGET, 1);
  transactions.abandon("z9hG4bK74bf9 INVITE");
  transactions.abandon("no such key");
  t.is(transactions.size, 0);
  t.is(transactions.deadline, Infinity);
  t.deepEqual(transactions.receive(serialize(answer(INVITE, 487)), TARGET, 2), []);
});

test("of a request with a final answer only the essentials are kept", (t) => {
  const transactions = layer();
  const key = told(transactions.receive(wire(inviteLines(), "a body"), SOURCE, 0));
  transactions.respond(key, answer(INVITE, 200), 1);
  const { headers, body, callId } = transactions.transaction(key)?.request ?? INVITE;
  t.deepEqual([headers.length, body.length, callId], [0, 0, INVITE.callId]);
});
