import test from "ava";
import { APPLIANCE, DOMAIN, SHARED } from "./appliance.ts";
import { Lan, requestText } from "./line.ts";
import { EngineNode } from "./node.ts";
import { attempt, open, openActiveNode, say } from "./wires.ts";

/* What lb and proxy answer by themselves to requests that are wrong: the words of config.yml. */

const node = new EngineNode("replies", {
  ...APPLIANCE,
  lb: {
    ...APPLIANCE.lb,
    replies: {
      ...APPLIANCE.lb.replies,
      relaying: { code: 488, reason: "Not From Here" },
      too_many_hops: { code: 484, reason: "No Hops" },
    },
  },
});
const lan = new Lan(node);
const PHONE = "192.0.2.101";

test.before(async () => {
  await openActiveNode(node);
  await open(lan, "phone", PHONE);
});

test.after.always(async () => {
  await lan.close();
  await node.remove();
});

const allowed = (networks: readonly string[]): Promise<void> =>
  node.provision(Lan.subscribers({ a: { preferences: { allowed_ips: networks } }, b: {} }));

/** The first line of what is answered, without the version. */
const firstLine = (answer: string): string => /^SIP\/2\.0 (.*)\r$/m.exec(answer)?.[1] ?? "nothing";

const registered = async (more: object = {}): Promise<string> =>
  firstLine(await attempt(lan, "phone", { from: PHONE, password: "secret-a", ...more }));

/** What is answered to this text, whose lines may be wrong. */
const answered = async (change: (text: string) => string, method = "MESSAGE"): Promise<string> => {
  const text = requestText({ uri: `sip:b@${DOMAIN}`, from: PHONE, method });
  const wrong = change(Buffer.from(text, "base64").toString());
  await say(lan, "phone", [Buffer.from(wrong).toString("base64")]);
  return lan.phones.ask({
    kind: "heard",
    wire: "phone",
    wanted: "^SIP/2.0 [2-6]",
    withinMs: 3000,
  });
};

test.serial("the words of config.yml are sent by the load-balancer", async (t) => {
  const elsewhere = await answered((text) => text.replace(`sip:b@${DOMAIN}`, "sip:b@else.invalid"));
  t.is(firstLine(elsewhere), "488 Not From Here");
  const spent = await answered((text) => text.replace("Max-Forwards: 70", "Max-Forwards: 0"));
  t.is(firstLine(spent), "484 No Hops");
});

test.serial("a From without an address is 400 Invalid From Header", async (t) => {
  for (const from of ["From: nobody;tag=1", "From: <sip:>;tag=2", "From: <nowhere:a>;tag=3"])
    t.is(
      firstLine(await answered((text) => text.replace(/From: .*/, from))),
      "400 Invalid From Header",
      from,
    );
});

test.serial("a registration for no place is 400 Bad Contact Header", async (t) => {
  for (const contact of ["nowhere", "*", "sip:", "tel:+4319001"])
    t.is(await registered({ contact }), "400 Bad Contact Header", contact);
  const bare = await answered(
    (text) =>
      text.replace("Content-Length", "Contact: sip:a@192.0.2.101?Route=x\r\nContent-Length"),
    "REGISTER",
  );
  t.is(firstLine(bare), "400 Bad Contact Header");
  t.is(await registered(), "200 OK");
});

test.serial("a scheme that nobody knows is 416", async (t) => {
  const answer = await answered((text) => text.replace(/^MESSAGE [^ ]+/, "MESSAGE strange:b"));
  t.is(firstLine(answer), "416 Unsupported URI Scheme");
});

test.serial("what proxies are to support and we do not is named in Unsupported", async (t) => {
  const required = (value: string): Promise<string> =>
    answered((text) => text.replace("Content-Length", `Proxy-Require: ${value}\r\nContent-Length`));
  const refused = await required("sec-agree, privacy, other");
  t.is(firstLine(refused), "420 Bad Extension");
  t.regex(refused, /^Unsupported: sec-agree, ?other\r$/m);
  const twice = await required("privacy\r\nProxy-Require: another");
  t.regex(twice, /^Unsupported: another\r$/m);
  t.is(firstLine(await required("privacy")), "407 Proxy Authentication Required");
});

test.serial("a subscriber that is not within its allowed_ips is refused", async (t) => {
  await allowed(["198.51.100.0/24", "2001:db8::/32", "192.0.2.102"]);
  t.is(await registered(), "403 Unauthorized IP detected");
  const message = { message: `sip:b@${DOMAIN}` };
  t.is(await registered(message), "403 Unauthorized IP detected");
  await allowed(["198.51.100.0/24", "192.0.2.96/28"]);
  t.is(await registered(), "200 OK");
  await allowed(["192.0.2.101"]);
  t.is(await registered(), "200 OK");
  await lan.phones.ask({
    kind: "openWire",
    wire: "phone6",
    options: {
      transport: "udp",
      local: { address: "2001:db8::101", port: 0 },
      server: { address: SHARED.v6, port: 5060 },
    },
  });
  const overSix = async (): Promise<string> =>
    firstLine(await attempt(lan, "phone6", { from: "[2001:db8::101]", password: "secret-a" }));
  t.is(await overSix(), "403 Unauthorized IP detected");
  await allowed(["192.0.2.101", "2001:db8::/64"]);
  t.is(await overSix(), "200 OK");
  await t.throwsAsync(allowed(["192.0.2.0/33"]), { message: /a network like/ });
});
