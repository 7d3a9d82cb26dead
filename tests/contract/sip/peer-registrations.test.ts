import test from "ava";
import { APPLIANCE, DOMAIN, SHARED } from "./appliance.ts";
import { Lan } from "./line.ts";
import { EngineNode } from "./node.ts";
import { until } from "./until.ts";
import { answerText, attempt, open, openActiveNode, say, statusOf } from "./wires.ts";

/* A subscriber's account with a peer: the B2BUA registers it through the load-balancer, and the peer calls what it was told. */

const node = new EngineNode("peer-registrations", APPLIANCE);
const lan = new Lan(node);
const NUMBER = "4319001";
const PEER = { address: "192.0.2.103", port: 5070 };

/** Addresses and ports of those who have no business outside. */
const INSIDE = /127\.0\.0\.1|:50(?:62|80)\b/;

const account = (register: boolean): object => ({
  numbers: [NUMBER],
  preferences: {
    peer_auth_register: register,
    peer_auth_user: "acc17",
    peer_auth_pass: "of the account",
    peer_auth_realm: "isp.invalid",
  },
});

const has = (register: boolean): Promise<void> =>
  node.provision({
    ...Lan.subscribers({ a: account(register), b: {} }),
    domains: { [DOMAIN]: {} },
    peer_groups: {
      all: {
        rules: [{ callee_prefix: 49 }],
        hosts: { works: { ip: PEER.address, host: "isp.invalid", port: PEER.port } },
      },
    },
  });

const registers = async (): Promise<readonly string[]> => {
  const heard = await lan.phones.ask({ kind: "transcript", phone: "works" });
  return heard.filter((text) => text.startsWith("REGISTER"));
};

test.before(async () => {
  await openActiveNode(node);
  await lan.open("a", { address: "192.0.2.101", port: 5060 });
  await lan.open("works", PEER);
  await has(true);
  await lan.register("a");
});

test.after.always(async () => {
  await lan.close();
  await node.remove();
});

test.serial(
  "the peer is told a number at the public address, and its call to it rings",
  async (t) => {
    await until(async () => (await registers()).length > 0, 30_000);
    const [register = ""] = await registers();
    const [, contact = ""] = /^Contact: <(.*)>/m.exec(register) ?? [];
    t.is(contact, `sip:${NUMBER}@${SHARED.v4}`);
    t.regex(register, /^REGISTER sip:isp\.invalid SIP\/2\.0\r\n/);
    t.notRegex(register, /P-NGCP/);
    t.regex(register, /^Via: SIP\/2\.0\/UDP 192\.0\.2\.10:15001;branch=z9hG4bK/m);
    t.notRegex(register, INSIDE);
    const records = (): Promise<string> => node.redis("hvals sbc:registrations");
    await until(async () => (await records()).includes('"expiresAt"'), 30_000);
    const { status, callId } = await lan.phones.ask({ kind: "call", phone: "works", uri: contact });
    t.is(status, 200);
    await lan.phones.ask({ kind: "arrival", phone: "a" });
    await lan.phones.ask({ kind: "bye", phone: "works", callId });
  },
);

test.serial(
  "a PUBLISH shows a phone nothing of the inside either, and its answer finds back",
  async (t) => {
    const phone = "192.0.2.104";
    await open(lan, "b", phone);
    const registration = { from: phone, user: "b", password: "secret-b" };
    t.is(statusOf(await attempt(lan, "b", registration)), 200);
    const from = "192.0.2.105";
    await open(lan, "publisher", from);
    const what = { ...registration, from, message: `sip:b@${DOMAIN}`, method: "PUBLISH" };
    const answered = attempt(lan, "publisher", what);
    const publish = await lan.phones.ask({
      ...{ kind: "heard", wire: "b" },
      ...{ wanted: "^PUBLISH ", withinMs: 10_000 },
    });
    t.is(publish.match(/^Via:/gm)?.length, 4);
    t.notRegex(publish, INSIDE);
    await say(lan, "b", [answerText(publish, "200 OK", [])]);
    t.is(statusOf(await answered), 200);
  },
);

test.serial("an account that is taken away is taken away from the peer", async (t) => {
  await has(false);
  await until(async () => (await registers()).some((text) => /^Expires: 0\r$/m.test(text)), 30_000);
  await until(async () => (await node.redis("hlen sbc:registrations")).trim() === "0", 30_000);
  t.pass();
});
