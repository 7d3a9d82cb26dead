import test from "ava";

import { Pair } from "./namespaces.ts";

const V4 = { cidr: "192.0.2.10/24", family: "ipv4", device: "eth0" } as const;
const V6 = { cidr: "2001:db8::10/64", family: "ipv6", device: "eth0" } as const;
const BOTH = [V4, V6];

const pair = new Pair("address");
const sp1 = pair.agent(1);
const sp2 = pair.agent(2);

test.before(() => pair.ready());

test.after.always(() => {
  sp1.stop();
  sp2.stop();
  pair.remove();
});

const shown = (node: 1 | 2): string => pair.ip(node, "-o", "addr", "show", "dev", "eth0");

test.serial(
  "an address that was added is there, IPv4 with its label, IPv6 never a source",
  async (t) => {
    const { ms } = await sp1.ask("add", BOTH);
    t.log(`added both in ${ms.toFixed(2)} ms`);
    const text = shown(1);
    t.regex(text, /inet 192\.0\.2\.10\/24 scope global secondary eth0:0/);
    t.regex(text, /inet6 2001:db8::10\/64 scope global nodad deprecated/);
    t.regex(text, /preferred_lft 0sec/);
    t.notRegex(text, /tentative/);
    const { result } = await sp1.ask("held", BOTH);
    t.deepEqual(result, BOTH);
  },
);
test.serial("adding what is there is success", async (t) => {
  await t.notThrowsAsync(sp1.ask("add", BOTH));
  await sp1.ask("remove", BOTH);
  const { ms } = await sp1.ask("add", [V4]);
  t.log(`added one in ${ms.toFixed(2)} ms`);
});

test.serial("an address that was removed is gone, and removing it again is success", async (t) => {
  const { ms } = await sp1.ask("remove", BOTH);
  t.log(`removed both in ${ms.toFixed(2)} ms`);
  t.notRegex(shown(1), /192\.0\.2\.10\//);
  t.notRegex(shown(1), /2001:db8::10\//);
  await t.notThrowsAsync(sp1.ask("remove", BOTH));
  const { result } = await sp1.ask("held", BOTH);
  t.deepEqual(result, []);
});

test.serial("a device that does not exist is named", async (t) => {
  const nowhere = { ...V4, device: "eth7" };
  const error = await t.throwsAsync(sp1.ask("add", [nowhere]));
  t.is(error.message, "NGCP_INTERFACE_MISSING: this node has no network interface eth7");
  await t.notThrowsAsync(sp1.ask("remove", [nowhere]));
});

test.serial("an address is removed from a device that was made anew since", async (t) => {
  const address = { ...V4, device: "eth8" };
  const make = (): void => {
    pair.ip(1, "link", "add", "eth8", "type", "veth", "peer", "eth9");
    for (const device of ["eth8", "eth9"]) pair.ip(1, "link", "set", device, "up");
  };
  make();
  await sp1.ask("add", [address]);
  pair.ip(1, "link", "delete", "eth8");
  await t.notThrowsAsync(sp1.ask("remove", [address]));
  make();
  pair.ip(1, "addr", "add", address.cidr, "dev", "eth8");
  await sp1.ask("remove", [address]);
  t.notRegex(pair.ip(1, "-o", "addr", "show"), /192\.0\.2\.10\//);
  pair.ip(1, "link", "delete", "eth8");
});

test.serial("the peer hears the announcement of an address that moved here", async (t) => {
  const stranger = "02:00:00:00:00:99";
  const { mac } = await sp1.ask("link", "eth0");
  for (const address of ["192.0.2.10", "2001:db8::10"]) {
    pair.ip(2, "neigh", "replace", address, "lladdr", stranger, "nud", "stale", "dev", "eth0");
  }
  await sp2.ask("watchNeighbours");
  const { beganMs } = await sp1.ask("add", BOTH);
  for (const address of ["c000020a", "20010db8000000000000000000000010"]) {
    const heard = await sp2.event(`neighbour ${address}`, 1_000);
    t.log(`${address} heard ${(heard.atMs - beganMs).toFixed(2)} ms after the add began`);
    const { mac: found } = heard.detail as { mac: string };
    t.is(found, Buffer.from(mac).toString("hex"));
  }
  await sp1.ask("remove", BOTH);
});

test.serial("somebody who answers is told from silence", async (t) => {
  for (const address of BOTH) {
    const silent = await sp2.ask("answers", address, 400);
    t.false(silent.result);
    await sp1.ask("add", [address]);
    const answered = await sp2.ask("answers", address, 400);
    t.true(answered.result);
    t.log(
      `${address.cidr}: silence ${silent.ms.toFixed(1)} ms, answer ${answered.ms.toFixed(1)} ms`,
    );
    const own = await sp1.ask("answers", address, 400);
    t.false(own.result);
    await sp1.ask("remove", [address]);
    const gone = await sp2.ask("answers", address, 400);
    t.false(gone.result);
  }
});

test.serial("the holder of an address finds out that another machine holds it too", async (t) => {
  const address = BOTH.find(({ family }) => family === "ipv4");
  if (address === undefined) return t.fail("the pair has no IPv4 address");
  await sp1.ask("add", [address]);
  t.false((await sp1.ask("answers", address, 400)).result);
  await sp2.ask("add", [address]);
  t.true((await sp1.ask("answers", address, 400)).result);
  await sp2.ask("remove", [address]);
  t.false((await sp1.ask("answers", address, 400)).result);
  await sp1.ask("remove", [address]);
});

test.serial("a link that loses its carrier says so at once", async (t) => {
  await sp1.ask("watch");
  t.true((await sp1.ask("link", "eth0")).carrier);
  const began = Number(process.hrtime.bigint()) / 1e6;
  pair.ip(2, "link", "set", "eth0", "down");
  const change = await sp1.event("linkChanged", 1_000);
  t.log(`carrier loss told ${(change.atMs - began).toFixed(1)} ms after ip began`);
  t.false((await sp1.ask("link", "eth0")).carrier);
  pair.ip(2, "link", "set", "eth0", "up");
});
