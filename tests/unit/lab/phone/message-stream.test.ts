import test from "ava";
import { LINE_END, MessageStream } from "../../../../ops/lab/phone/message-stream.ts";

const bye = (body: string, length = "Content-Length"): string =>
  `BYE sip:a@192.0.2.1 SIP/2.0\r\n${length}: ${body.length}\r\n\r\n${body}`;

test("messages are cut where their Content-Length ends, and answers to keep-alives between them", (t) => {
  const stream = new MessageStream();
  const [first, second] = [bye("x\r\n\r\ny"), bye("", "l")];
  t.deepEqual(stream.take(`${first}\r\n${second}\r\n\r\n`), [
    first,
    LINE_END,
    second,
    LINE_END,
    LINE_END,
  ]);
});

test("the pieces in which a message comes make no difference", (t) => {
  const sent = `\r\n${bye("12345")}\r\n${bye("")}`;
  const stream = new MessageStream();
  const taken = Array.from(sent).flatMap((byte) => stream.take(byte));
  t.deepEqual(taken, new MessageStream().take(sent));
  t.is(taken.length, 4);
});

test("a message is not taken before its body is there", (t) => {
  const stream = new MessageStream();
  const whole = bye("12345");
  t.deepEqual(stream.take(whole.slice(0, -1)), []);
  t.deepEqual(stream.take("5"), [whole]);
});
