import { rmSync } from "node:fs";
import test from "ava";
import po6 from "po6";

import { createNotify } from "../../../ha/effects/notify.ts";
import { openPackets } from "../../../ha/effects/packet.ts";

const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const MSG_DONTWAIT = 0x40n;

/** Listens as systemd does. A datagram to a unix socket is there as soon as it was sent. */
const listenAt = (name: string): { next(): string; close(): undefined } => {
  const fd = po6.socket.sync({ domain: AF_UNIX, type: SOCK_DGRAM, protocol: 0 });
  const sockaddr = Buffer.from(`\x01\x00${name}`, "latin1");
  po6.bind.sync({ fd, sockaddr });
  return {
    next: () => {
      const data = Buffer.alloc(256);
      const { bytesReceived } = po6.recvmsg.sync({ fd, data, flags: MSG_DONTWAIT });
      return data.toString("utf8", 0, bytesReceived);
    },
    close: () => po6.close.sync({ fd }),
  };
};

const lab = process.env["TANDEM_LAB"] ?? "tandem";
const PATH = `/tmp/${lab}-notify-${process.pid}.sock`;
const ABSTRACT = `${lab}-notify-${process.pid}`;

for (const [kind, socket, name] of [
  ["in the file system", PATH, `${PATH}\0`],
  ["an abstract one", `@${ABSTRACT}`, `\0${ABSTRACT}`],
] as const) {
  test(`systemd is told over a socket: ${kind}`, async (t) => {
    const listener = listenAt(name);
    const packets = await openPackets();
    t.teardown(() => {
      listener.close();
      packets.close();
      rmSync(PATH, { force: true });
    });
    const notify = createNotify(socket, packets, (error) => t.fail(String(error)));
    notify.ready();
    notify.alive();
    notify.status("standby,\nin sync");
    notify.stopping();
    const said = [listener.next(), listener.next(), listener.next(), listener.next()];
    t.deepEqual(said, ["READY=1", "WATCHDOG=1", "STATUS=standby, in sync", "STOPPING=1"]);
  });
}

test("what systemd does not take is said with the next message, and told once", async (t) => {
  const packets = await openPackets();
  const errors: unknown[] = [];
  createNotify(undefined, packets, (error) => errors.push(error)).ready();
  t.deepEqual(errors, []);
  const notify = createNotify(`@${ABSTRACT}-late`, packets, (error) => errors.push(error));
  notify.ready();
  notify.alive();
  t.is(errors.length, 1);
  t.like(errors[0], { code: "NGCP_PACKET_NOT_SENT" });
  const listener = listenAt(`\0${ABSTRACT}-late`);
  t.teardown(() => {
    listener.close();
    packets.close();
  });
  notify.alive();
  notify.alive();
  t.deepEqual([listener.next(), listener.next()], ["READY=1\nWATCHDOG=1", "WATCHDOG=1"]);
});
