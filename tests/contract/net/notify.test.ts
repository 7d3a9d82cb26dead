import { rmSync } from "node:fs";
import test from "ava";
import kernel from "syscall-napi";

import { createNotify } from "../../../ha/effects/notify.ts";
import { openPackets } from "../../../ha/effects/packet.ts";

const AF_UNIX = 1n;
const SOCK_DGRAM = 2n;
const MSG_DONTWAIT = 0x40n;

/** Listens as systemd does. A datagram to a unix socket is there as soon as it was sent. */
const listenAt = (name: string): { next(): string; close(): void } => {
  const { syscall } = kernel;
  const fd = syscall.sync(kernel.__NR_socket, AF_UNIX, SOCK_DGRAM, 0n);
  const address = Buffer.from(`\x01\x00${name}`, "latin1");
  syscall.sync(kernel.__NR_bind, fd, address, BigInt(address.length));
  return {
    next: () => {
      const data = Buffer.alloc(256);
      const room = BigInt(data.length);
      const bytes = syscall.sync(kernel.__NR_recvfrom, fd, data, room, MSG_DONTWAIT, 0n, 0n);
      return data.toString("utf8", 0, Number(bytes));
    },
    close: () => void syscall.sync(kernel.__NR_close, fd),
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
