import test from "ava";
import {
  doneWord,
  refusedWord,
  sentWord,
  sipWord,
  welcomeWord,
} from "../../../../../components/sbc/drachtio/words.ts";
import { createRequest } from "../../../../../components/sbc/sip/message.ts";
import { serialize } from "../../../../../components/sbc/sip/serialize.ts";

const nobody = { displayName: undefined, uri: "sip:a@127.0.0.1", params: [] };
const message = createRequest({
  method: "OPTIONS",
  uri: "sip:b@127.0.0.1",
  vias: [{ transport: "UDP", host: "127.0.0.1", port: 1, params: [] }],
  from: nobody,
  to: nobody,
  callId: "call",
  cseq: { sequence: 1, method: "OPTIONS" },
});
const about = {
  remote: { address: "127.0.0.1", port: 5062 },
  local: { address: "127.0.0.1", port: 5080 },
  at: new Date("2026-01-02T03:04:05.678Z"),
  transactionId: "transaction",
  dialogId: "dialog",
};
const text = serialize(message).toString();

test("words stand at the places where drachtio-srf looks for them", (t) => {
  t.is(
    sipWord("1", message, about),
    `1|sip|network|${text.length}|udp|127.0.0.1|5062|03:04:05.678|transaction|dialog|127.0.0.1|5080\r\n${text}`,
  );
  t.is(
    sentWord("1", "2", message, about),
    `1|response|2|OK|application|${text.length}|udp|127.0.0.1|5062|03:04:05.678|transaction|dialog\r\n${text}`,
  );
  t.regex(
    welcomeWord("1", "2", about.local),
    /^1\|response\|2\|OK\|udp\/127\.0\.0\.1:5080\|v\d+\.\d+\.\d+\|/,
  );
  t.is(doneWord("1", "2"), "1|response|2|OK");
});

test("a reason cannot be taken for more words", (t) => {
  t.is(refusedWord("1", "2", "a|b\r\nc"), "1|response|2|NOK|a b  c");
});
