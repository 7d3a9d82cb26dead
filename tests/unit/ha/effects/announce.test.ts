import { setTimeout as pause } from "node:timers/promises";
import test from "ava";

import { Announcer } from "../../../../ha/effects/announce.ts";
import { InterfaceMissingError } from "../../../../ha/effects/network-errors.ts";

const V4 = { cidr: "192.0.2.10/24", family: "ipv4", device: "eth0" } as const;
const V6 = { cidr: "2001:db8::10/64", family: "ipv6", device: "eth0" } as const;
const LINK = { index: 5, device: "eth0", carrier: true, mac: Buffer.from("020000000001", "hex") };

const announcer = (missing = false) => {
  const sent: Buffer[] = [];
  const failures: unknown[] = [];
  const subject = new Announcer({
    netlink: {
      link: (device) =>
        missing ? Promise.reject(new InterfaceMissingError(device)) : Promise.resolve(LINK),
    },
    packets: { sendFrame: (_index, frame) => sent.push(frame) },
    onFailure: (error) => failures.push(error),
  });
  return { subject, sent, failures };
};

test("an address is announced at once and again, until the series is stopped", async (t) => {
  const { subject, sent } = announcer();
  subject.start([V4, V6]);
  await pause(20);
  t.is(sent.length, 3);
  await pause(300);
  t.is(sent.length, 6);
  subject.stop();
  await pause(800);
  t.is(sent.length, 6);
});

test("a newer series ends the older one, and a stop outruns the first frame", async (t) => {
  const { subject, sent } = announcer();
  subject.start([V4]);
  subject.start([V6]);
  await pause(20);
  t.is(sent.length, 1);
  subject.start([V4]);
  subject.stop();
  await pause(300);
  t.is(sent.length, 1);
});

test("a device that has gone is told and stops nothing", async (t) => {
  const { subject, failures } = announcer(true);
  subject.start([V4]);
  await pause(20);
  subject.stop();
  t.is(failures.length, 1);
  t.true(failures[0] instanceof InterfaceMissingError);
});
