import test from "ava";
import fc from "fast-check";
import {
  ackWithin,
  admitRequest,
  answeredDialog,
  clientDialog,
  nextHopOf,
  refreshedDialog,
  requestWithin,
  serverDialog,
} from "../../../../../components/sbc/sip/dialog.ts";
import type { Dialog } from "../../../../../components/sbc/sip/dialog.ts";
import { headerLines } from "../../../../../components/sbc/sip/header.ts";
import { responseTo } from "../../../../../components/sbc/sip/responses.ts";
import { invite } from "./messages.ts";

const via = { transport: "UDP", host: "192.0.2.9", port: 5080, params: [] };
const parts = { method: "INFO", via, headers: [] };
const routed = invite({ "Record-Route": "<sip:192.0.2.1;lr>, <sip:192.0.2.2:5062;lr>" });

const server = (request = routed): Dialog => {
  const dialog = serverDialog(request, "ours");
  if (dialog === undefined) throw new Error("no dialog");
  return dialog;
};

test("both sides of a dialog have the same one, seen from the other end", (t) => {
  const headers = [{ name: "Contact", value: "<sip:bob@192.0.2.8:5070>" }];
  const client = answeredDialog(
    clientDialog(routed),
    responseTo(routed, { status: 180, toTag: "ours", headers }),
  );
  const mirror = server();
  t.is(client.callId, mirror.callId);
  t.deepEqual([client.localTag, client.remoteTag], [mirror.remoteTag, mirror.localTag]);
  t.deepEqual([client.local, client.remote], [mirror.remote, mirror.local]);
  t.deepEqual(client.routeSet, mirror.routeSet.toReversed());
  t.is(client.remoteTarget, "sip:bob@192.0.2.8:5070");
  t.is(mirror.remoteTarget, "sip:alice@192.0.2.7:5060");
});

test("a request without a Contact makes no dialog", (t) => {
  t.is(serverDialog(invite({ Contact: undefined }), "ours"), undefined);
});

test("each branch of a fork makes a dialog of its own", (t) => {
  const begun = clientDialog(routed);
  const [one, two] = ["one", "two"].map((toTag) =>
    answeredDialog(begun, responseTo(routed, { status: 180, toTag })),
  );
  t.deepEqual([one?.remoteTag, two?.remoteTag], ["one", "two"]);
  t.is(begun.remoteTag, undefined);
});

test("requests of the peer are let in by tag and Call-ID, and in the order of their numbers", (t) => {
  fc.assert(
    fc.property(fc.nat(1_000), fc.nat(1_000), (last, next) => {
      const dialog: Dialog = { ...server(), remoteSequence: last };
      const admission = admitRequest(dialog, invite({ CSeq: `${next} INVITE` }));
      t.deepEqual(
        admission,
        next < last
          ? { kind: "refused", status: 500 }
          : { kind: "admitted", dialog: { ...dialog, remoteSequence: next } },
      );
    }),
  );
  t.deepEqual(admitRequest({ ...server(), remoteTag: "other" }, routed), {
    kind: "refused",
    status: 481,
  });
  t.deepEqual(admitRequest({ ...server(), callId: "other" }, routed), {
    kind: "refused",
    status: 481,
  });
});

test("our requests count up by one; an ACK has the number of its INVITE", (t) => {
  const first = requestWithin(server(), parts);
  const second = requestWithin(first.dialog, parts);
  t.deepEqual([first.request.cseq.sequence, second.request.cseq.sequence], [1, 2]);
  t.deepEqual(ackWithin(second.dialog, parts, 1).cseq, { sequence: 1, method: "ACK" });
});

test("a request goes along the route set: loosely, or strictly where the first hop asks for it", (t) => {
  const loose = requestWithin(server(), parts).request;
  t.is(loose.uri, "sip:alice@192.0.2.7:5060");
  t.deepEqual(headerLines(loose, "Route"), ["<sip:192.0.2.1;lr>", "<sip:192.0.2.2:5062;lr>"]);
  t.deepEqual(nextHopOf(server()), { address: "192.0.2.1", port: 5060 });
  const strictly = { ...server(), routeSet: ["<sip:192.0.2.3:5064>", "<sip:192.0.2.2;lr>"] };
  const strict = requestWithin(strictly, parts).request;
  t.is(strict.uri, "sip:192.0.2.3:5064");
  t.deepEqual(headerLines(strict, "Route"), ["<sip:192.0.2.2;lr>", "<sip:alice@192.0.2.7:5060>"]);
  t.deepEqual(nextHopOf(strictly), { address: "192.0.2.3", port: 5064 });
});

test("a re-INVITE moves the target; a message without a Contact leaves it", (t) => {
  const moved = refreshedDialog(server(), invite({ Contact: "<sip:alice@192.0.2.77>" }));
  t.is(moved.remoteTarget, "sip:alice@192.0.2.77");
  t.is(refreshedDialog(moved, invite({ Contact: undefined })).remoteTarget, moved.remoteTarget);
});
