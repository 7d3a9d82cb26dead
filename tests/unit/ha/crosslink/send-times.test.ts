import test from "ava";
import { millis } from "../../../../ha/core/time.ts";
import type { ReceivedHeartbeat } from "../../../../ha/core/heartbeat.ts";
import { SendTimes } from "../../../../ha/crosslink/send-times.ts";
import { beat, born } from "../core/pair.ts";

const heard = (echoSequence: number, echo: Partial<ReceivedHeartbeat> = {}) =>
  beat(born("sp1"), { session: "peer", echoSession: "mine", echoSequence, ...echo });

test("a peer that echoes the newest heartbeat has heard all", (t) => {
  const times = new SendTimes("mine");
  times.note(1, 0);
  times.note(2, 50);
  t.is(times.unheardMs(heard(2), 60), millis(0));
});

test("a peer that lags is deaf since the first heartbeat it missed", (t) => {
  const times = new SendTimes("mine");
  for (let sequence = 1; sequence <= 5; sequence += 1) times.note(sequence, sequence * 50);
  t.is(times.unheardMs(heard(2), 260), millis(110));
});

test("a node that did not send does not blame the peer", (t) => {
  const times = new SendTimes("mine");
  times.note(1, 0);
  t.is(times.unheardMs(heard(1), 5_000), millis(0));
});

test("a peer that never heard this session is deaf since both are there", (t) => {
  const times = new SendTimes("mine");
  times.note(1, 0);
  t.is(times.unheardMs(heard(0, { echoSession: undefined }), 400), millis(0));
  t.is(times.unheardMs(heard(0, { echoSession: undefined }), 500), millis(100));
  t.is(times.unheardMs(heard(9, { echoSession: "older" }), 600), millis(200));
});

test("a peer that lags by more than is kept is deaf at least that long", (t) => {
  const times = new SendTimes("mine");
  for (let sequence = 1; sequence <= 1_000; sequence += 1) times.note(sequence, sequence * 50);
  t.is(times.unheardMs(heard(1), 50_000), millis(255 * 50));
});
