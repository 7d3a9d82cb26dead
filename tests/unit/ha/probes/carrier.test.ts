import { setTimeout as pause } from "node:timers/promises";
import test from "ava";

import type { NetworkChange } from "../../../../ha/effects/netlink.ts";
import { InterfaceMissingError } from "../../../../ha/effects/network-errors.ts";
import { CarrierProbe } from "../../../../ha/probes/carrier.ts";
import { everyMs } from "./every-ms.ts";

const LINK = { index: 5, mac: Buffer.alloc(6) };

/** A kernel with two devices whose carrier a test sets, and that tells of it or does not. */
const kernel = () => {
  const carriers = new Map([
    ["eth0", true],
    ["eth1", true],
  ]);
  const counts = new Map<string, number>();
  let listener: (change: NetworkChange) => void = () => undefined;
  const told: [string, boolean][] = [];
  let changed = 0;
  const probe = new CarrierProbe({
    devices: { crosslink: "eth1", lan: "eth0" },
    netlink: {
      link: (device) => {
        const carrier = carriers.get(device);
        return carrier === undefined
          ? Promise.reject(new InterfaceMissingError(device))
          : Promise.resolve({ ...LINK, device, carrier });
      },
      watch: (onChange) => {
        listener = onChange;
        return () => (listener = () => undefined);
      },
    },
    onCarrier: (link, up) => told.push([link, up]),
    onNetworkChanged: () => (changed += 1),
    every: everyMs(10),
    counterOf: (device) => () =>
      carriers.has(device) ? String(counts.get(device) ?? 0) : undefined,
  });
  return {
    probe,
    told,
    changes: () => changed,
    tell: (change: NetworkChange) => listener(change),
    set: (device: string, carrier: boolean) => {
      carriers.set(device, carrier);
      counts.set(device, (counts.get(device) ?? 0) + 1);
    },
    remove: (device: string) => carriers.delete(device),
  };
};

test("each link is told once at the start and once at each change", async (t) => {
  const { probe, told, tell, changes } = kernel();
  probe.start();
  await pause(5);
  t.deepEqual(told.splice(0).sort(), [
    ["crosslink", true],
    ["lan", true],
  ]);
  tell({ kind: "linkChanged", link: { ...LINK, device: "eth0", carrier: false } });
  tell({ kind: "linkChanged", link: { ...LINK, device: "eth0", carrier: false } });
  tell({ kind: "linkChanged", link: { ...LINK, device: "eth9", carrier: false } });
  t.deepEqual(told, [["lan", false]]);
  t.is(changes(), 3);
  probe.stop();
});

test("a change that the kernel does not tell is seen at the counter", async (t) => {
  const { probe, told, set } = kernel();
  probe.start();
  await pause(5);
  told.splice(0);
  set("eth1", false);
  await pause(30);
  t.deepEqual(told, [["crosslink", false]]);
  probe.stop();
});

test("a device that vanishes has no carrier, with and without a word of the kernel", async (t) => {
  const { probe, told, remove, tell } = kernel();
  probe.start();
  await pause(5);
  told.splice(0);
  remove("eth0");
  await pause(30);
  t.deepEqual(told.splice(0), [["lan", false]]);
  tell({ kind: "linkRemoved", device: "eth1" });
  t.deepEqual(told, [["crosslink", false]]);
  probe.stop();
});

test("when changes were lost, everything is looked at again", async (t) => {
  const { probe, told, set, tell } = kernel();
  probe.start();
  await pause(5);
  told.splice(0);
  set("eth0", false);
  tell({ kind: "changesLost" });
  await pause(1);
  t.deepEqual(told, [["lan", false]]);
  probe.stop();
});
