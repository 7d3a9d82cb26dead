import test from "ava";
import { decodeReply, encodeCall, messageLength, Reader } from "../../../../ha/effects/dbus.ts";

const call = encodeCall(
  {
    path: "/org/freedesktop/systemd1",
    interface: "org.freedesktop.systemd1.Manager",
    member: "KillUnit",
    arguments: ["ngcp-mysql.service", "main", 9],
  },
  7,
);

test("a call carries its signature and its arguments in order, each aligned", (t) => {
  t.is(messageLength(call), call.length);
  t.true(call.includes(Buffer.from("\u0003ssi\0", "latin1")));
  const body = new Reader(call.subarray(call.length - call.readUInt32LE(4)));
  t.deepEqual([body.string(), body.string(), body.uint32()], ["ngcp-mysql.service", "main", 9]);
});

test("what has not arrived whole is waited for, and a call is no reply", (t) => {
  t.is(messageLength(call.subarray(0, 12)), undefined);
  t.is(messageLength(call.subarray(0, -1)), undefined);
  t.is(decodeReply(call), undefined);
});

test("a reply names the call that it answers, a failure its name", (t) => {
  // Type, reply serial 7 (field 5), and for the failure its name (field 4), as the specification lays them out.
  const head = (type: number, fields: Buffer): Buffer => {
    const start = Buffer.from([0x6c, type, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0]);
    start.writeUInt32LE(fields.length, 12);
    const padding = Buffer.alloc((8 - (fields.length % 8)) % 8);
    return Buffer.concat([start, fields, padding]);
  };
  const serial = Buffer.from([5, 1, 0x75, 0, 7, 0, 0, 0]);
  const name = Buffer.from("\u0004\u0001s\0\u0003\0\0\0a.b\0", "latin1");
  const returned = decodeReply(head(2, serial));
  const failed = decodeReply(head(3, Buffer.concat([serial, name])));
  t.like(returned, { kind: "returned", serial: 7 });
  t.like(failed, { kind: "failed", serial: 7, name: "a.b" });
});
