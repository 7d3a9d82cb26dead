import test from "ava";
import { millis } from "../../../ha/core/time.ts";
import {
  haSettingsOf,
  isRealTime,
  readAppliance,
  schedulingProblem,
} from "../../../ha/settings.ts";
import { APPLIANCE, SETTINGS } from "./settings-of-a-pair.ts";

test("the settings carry the configuration of the node", (t) => {
  t.is(SETTINGS.node, "sp1");
  t.is(SETTINGS.peer, "sp2");
  t.is(SETTINGS.rank, 0);
  t.is(SETTINGS.deadMs, millis(250));
  t.false(SETTINGS.paired);
  t.deepEqual(SETTINGS.sharedAddresses, [
    { cidr: "192.0.2.10/24", family: "ipv4", device: "eth0" },
    { cidr: "2001:db8::10/64", family: "ipv6", device: "eth0" },
  ]);
});

test("the hash of the shared addresses does not depend on their order, but on each of them", (t) => {
  const { sharedAddresses } = APPLIANCE.ha;
  const withAddresses = (list: typeof sharedAddresses): string =>
    haSettingsOf({ ...APPLIANCE, ha: { ...APPLIANCE.ha, sharedAddresses: list } }, true)
      .sharedAddressesHash;
  t.is(withAddresses(sharedAddresses.toReversed()), SETTINGS.sharedAddressesHash);
  t.not(withAddresses(sharedAddresses.slice(1)), SETTINGS.sharedAddressesHash);
});

test("without real-time scheduling beats are rarer and the peer is given longer", (t) => {
  const settings = haSettingsOf(APPLIANCE, false);
  t.is(settings.heartbeatMs, millis(100));
  t.is(settings.deadMs, millis(500));
});

test("a longer configured dead time holds without real-time scheduling too", (t) => {
  const slow = { ...APPLIANCE, ha: { ...APPLIANCE.ha, deadMs: 900 } };
  t.is(haSettingsOf(slow, false).deadMs, millis(900));
});

test("a daemon without real-time scheduling says so, with the times that it uses; one that has it says nothing", (t) => {
  const problemWith = (deadMs: number, realTime: boolean): string | undefined =>
    schedulingProblem(
      haSettingsOf({ ...APPLIANCE, ha: { ...APPLIANCE.ha, deadMs } }, realTime),
      realTime,
    );
  const words = "no real-time scheduling: heartbeats every 100 ms and a dead time of";
  t.is(problemWith(250, false), `${words} 500 ms are used`);
  t.is(problemWith(900, false), `${words} 900 ms are used`);
  t.is(problemWith(250, true), undefined);
});

test("timers that would let both nodes hold the address are refused", (t) => {
  const unsafe = { ...APPLIANCE, ha: { ...APPLIANCE.ha, yieldMs: 240 } };
  t.throws(() => haSettingsOf(unsafe, true), { message: /both hold the shared address/ });
});

test("a missing settings file is told with the command that writes it", (t) => {
  t.throws(() => readAppliance("/nonexistent/settings.json"), { message: /ngcpcfg build/ });
});

test("the scheduling policy is read from a stat line whose name holds spaces and parentheses", (t) => {
  const stat = (policy: number): string =>
    `77 (node (x) 1) S ${Array.from({ length: 37 }, () => "0").join(" ")} ${policy} 0 0`;
  t.true(isRealTime(stat(2)));
  t.true(isRealTime(stat(1)));
  t.false(isRealTime(stat(0)));
});

test("this process says how it is scheduled", (t) => {
  t.is(typeof isRealTime(), "boolean");
});
