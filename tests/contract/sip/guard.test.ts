import test from "ava";
import { DOMAIN, SHARED, TRUSTED } from "./appliance.ts";
import { Lan, requestText } from "./line.ts";
import { EngineNode } from "./node.ts";
import { until } from "./until.ts";
import { ask, attempt, dump, open, openActiveNode, say, statusOf } from "./wires.ts";

const node = new EngineNode("lbguard");
const lan = new Lan(node);

/** Enough to be over the limit of 30 requests in 2 s, whenever the counting began. */
const FLOOD = 100;

const flood = (wire: string, from: string): Promise<unknown> => {
  const one = (): string => requestText({ uri: `sip:${SHARED.v4}`, from });
  return say(lan, wire, Array.from({ length: FLOOD }, one));
};

const isBanned = async (address: string): Promise<boolean> =>
  (await dump(node, "ipban")).includes(address);

const answers = async (wire: string, from: string): Promise<number> => {
  await say(lan, wire, [requestText({ uri: `sip:${SHARED.v4}`, from })]);
  return statusOf(
    await lan.phones.ask({ kind: "heard", wire, wanted: "^SIP/2.0 ", withinMs: 2000 }),
  );
};

test.before(async () => {
  await openActiveNode(node);
  await node.provision({
    domains: { "provisioned.invalid": {} },
    peer_groups: { carrier: { hosts: { gateway: { ip: "192.0.2.128" } } } },
  });
});

test.after.always(async () => {
  await lan.close();
  await node.remove();
});

test.serial(
  "a source that floods is banned and logged, and an operator lifts the ban",
  async (t) => {
    await open(lan, "flooder", "192.0.2.110");
    await flood("flooder", "192.0.2.110");
    await until(() => isBanned("192.0.2.110"), 2000);
    t.regex(
      await node.run("journalctl -u ngcp-lb"),
      /banned 192\.0\.2\.110 for 300 s: more than 30/,
    );
    await node.run("kamcmd -s /run/ngcp-lb/ctl htable.delete ipban 192.0.2.110");
    await until(async () => (await node.redis("zrange lb:ipban 0 -1")) === "", 5000);
  },
);

test.serial("garbage is counted, too", async (t) => {
  await open(lan, "garbage", "192.0.2.111");
  const garbage = Buffer.from(`no such thing as SIP${"!".repeat(50)}\r\n`).toString("base64");
  await say(lan, "garbage", Array<string>(FLOOD).fill(garbage));
  await until(() => isBanned("192.0.2.111"), 2000);
  t.pass();
});

test.serial("a trusted source is never banned", async (t) => {
  await open(lan, "trusted", TRUSTED);
  await flood("trusted", TRUSTED);
  await open(lan, "trusted", TRUSTED);
  t.is(await answers("trusted", TRUSTED), 200);
  t.false(await isBanned(TRUSTED));
});

test.serial(
  "a registered phone is still heard while its address is flooded from elsewhere, and is not banned",
  async (t) => {
    await open(lan, "phone", "192.0.2.112");
    const registered = await attempt(lan, "phone", { from: "192.0.2.112", password: "secret-a" });
    t.is(statusOf(registered), 200);
    await open(lan, "forger", "192.0.2.112");
    await flood("forger", "192.0.2.112");
    await flood("forger", "192.0.2.112");
    t.is(await answers("phone", "192.0.2.112"), 200);
    t.false(await isBanned("192.0.2.112"));
  },
);

test.serial("after a takeover, too", async (t) => {
  await node.run("systemctl restart ngcp-lb");
  await until(
    () =>
      isBanned("192.0.2.112").then(
        () => true,
        () => false,
      ),
    5000,
  );
  await flood("forger", "192.0.2.112");
  await flood("forger", "192.0.2.112");
  t.is(await answers("phone", "192.0.2.112"), 200);
  t.false(await isBanned("192.0.2.112"));
});

test.serial("over TCP nobody is spared: there a source cannot be forged", async (t) => {
  await open(lan, "stream", "192.0.2.112", "tcp");
  await flood("stream", "192.0.2.112");
  await until(() => isBanned("192.0.2.112"), 2000);
  t.is(await answers("phone", "192.0.2.112"), 200, "the phone itself is heard all the same");
  await node.run("kamcmd -s /run/ngcp-lb/ctl htable.delete ipban 192.0.2.112");
});

test.serial(
  "wrong passwords ban their source for that user alone; the first challenge does not count",
  async (t) => {
    await open(lan, "guesser", "192.0.2.113");
    for (let round = 0; round < 10; round += 1)
      t.is(statusOf(await attempt(lan, "guesser", { from: "192.0.2.113" })), 401);
    const guess = { from: "192.0.2.113", password: "wrong" };
    for (let round = 0; round < 5; round += 1)
      t.is(statusOf(await attempt(lan, "guesser", guess)), 401, `guess ${round}`);
    const refused = await attempt(lan, "guesser", { ...guess, password: "secret-a" });
    t.regex(refused, /^SIP\/2\.0 403 Try again later\r/);
    t.regex(await dump(node, "userban"), /192\.0\.2\.113 a@test\.invalid/);
    t.regex(
      await node.run("journalctl -u ngcp-lb"),
      /banned 192\.0\.2\.113 a@test\.invalid for 300 s: 5 failed/,
    );
    const other = await attempt(lan, "guesser", { ...guess, user: "b", password: "secret-b" });
    t.is(statusOf(other), 200, "another user of that source");
    await open(lan, "subscriber", "192.0.2.114");
    const own = await attempt(lan, "subscriber", { from: "192.0.2.114", password: "secret-a" });
    t.is(statusOf(own), 200, "the user from elsewhere");
  },
);

test.serial(
  "a registered phone is not banned for wrong passwords that may be forged",
  async (t) => {
    await open(lan, "forger", "192.0.2.114");
    const guess = { from: "192.0.2.114", password: "wrong" };
    for (let round = 0; round < 8; round += 1)
      t.is(statusOf(await attempt(lan, "forger", guess)), 401);
    const own = await attempt(lan, "subscriber", { ...guess, password: "secret-a" });
    t.is(statusOf(own), 200);
  },
);

test.serial("somebody else's name with one's own password counts as a guess", async (t) => {
  await open(lan, "pretender", "192.0.2.121");
  const pretence = { from: "192.0.2.121", user: "b", address: "a", password: "secret-b" };
  for (let round = 0; round < 5; round += 1)
    t.regex(await attempt(lan, "pretender", pretence), /^SIP\/2\.0 403 Not Your Name\r/);
  t.notRegex(await attempt(lan, "pretender", pretence), /P-NGCP/);
  t.regex(await attempt(lan, "pretender", pretence), /^SIP\/2\.0 403 Try again later\r/);
});

test.serial("a nonce that is too old is no wrong password", async (t) => {
  await open(lan, "late", "192.0.2.115");
  for (let round = 0; round < 8; round += 1) {
    const stale = {
      from: "192.0.2.115",
      password: "secret-a",
      user: "a",
      nonce: "ZTgAAWU3+tXk0000",
    };
    await attempt(lan, "late", stale);
  }
  t.notRegex(await dump(node, "userban"), /192\.0\.2\.115/);
});

test.serial("bans outlive the load-balancer, and so a takeover", async (t) => {
  await open(lan, "flooder", "192.0.2.116");
  await flood("flooder", "192.0.2.116");
  await until(() => isBanned("192.0.2.116"), 2000);
  t.regex(await node.redis("zrange lb:ipban 0 -1"), /192\.0\.2\.116/);
  await node.run("systemctl kill -s KILL ngcp-lb");
  await until(() => isBanned("192.0.2.116").catch(() => false), 5000);
  t.regex(await dump(node, "userban"), /192\.0\.2\.113/);
});

test.serial(
  "a load-balancer that stands ready learns what the active one bans, and until when",
  async (t) => {
    const address = "192.0.2.117";
    // In the place of what a peer writes, and again: a load-balancer may not look in time.
    for (const away of ["replicaof 192.168.255.252 6379", "config set replica-read-only no"])
      await node.redis(away);
    await node.run("systemctl restart ngcp-lb");
    await until(async () => {
      await node.redis(`zadd lb:ipban ${Math.floor(Date.now() / 1000) + 10} ${address}`);
      return isBanned(address).catch(() => false);
    }, 30_000);
    for (const back of ["config set replica-read-only yes", "replicaof no one"])
      await node.redis(back);
    await until(async () => !(await isBanned(address)), 30_000);
    t.pass();
  },
);

test.serial("nobody is relayed to where the pair does not serve", async (t) => {
  await open(lan, "relayer", "192.0.2.118");
  const from = "192.0.2.118";
  const story = async (request: Parameters<typeof requestText>[0]): Promise<number> =>
    statusOf(await ask(lan, "relayer", requestText({ method: "MESSAGE", from, ...request })));
  t.is(await story({ uri: "sip:x@192.0.2.102" }), 403, "somebody's address");
  t.is(await story({ uri: "sip:x@example.net" }), 403, "somebody's domain");
  const own = `sip:b@${DOMAIN}`;
  t.is(await story({ uri: own, headers: ["Route: <sip:192.0.2.102:5060;lr>"] }), 403, "a route");
  const second = `Route: <sip:${SHARED.v4};lr>, <sip:192.0.2.102:5060;lr>`;
  t.is(await story({ uri: own, headers: [second] }), 403, "a second route");
  t.is(await story({ uri: own, headers: [second], toTag: "forged" }), 403, "a forged dialog");
  const inside = `Route: <sip:${SHARED.v4};lr>, <sip:127.0.0.1:5062;lr>, <sip:127.0.0.1:5060;lr>`;
  for (const method of ["INVITE", "REFER", "BYE", "MESSAGE", "INFO", "OPTIONS"])
    t.is(
      await story({ uri: "sip:x@192.0.2.102", method, headers: [inside], toTag: "forged" }),
      481,
      `a forged dialog over our own ways: ${method}`,
    );
  t.is(await story({ uri: own, user: "x".repeat(65) }), 400, "a name that no record can hold");
  t.is(await story({ uri: own, headers: [`Route: <sip:${SHARED.v4};lr>`] }), 407, "us as a proxy");
  t.is(await story({ uri: own }), 407, "a subscriber");
  t.not(await story({ uri: "sip:x@provisioned.invalid" }), 403, "a domain of the database");
});

test.serial(
  "a peer may ask for what is not ours, and is not banned for a flood that may be forged",
  async (t) => {
    await open(lan, "peer", "192.0.2.128");
    await flood("peer", "192.0.2.128");
    await open(lan, "peer's other port", "192.0.2.128");
    t.is(await answers("peer's other port", "192.0.2.128"), 200);
    t.false(await isBanned("192.0.2.128"));
  },
);

test.serial("loops end: by Max-Forwards, and when a request comes back", async (t) => {
  await open(lan, "looper", "192.0.2.119");
  const from = "192.0.2.119";
  const hear = (): Promise<string> =>
    lan.phones.ask({ kind: "heard", wire: "looper", wanted: "^SIP/2.0 [4-6]", withinMs: 2000 });
  const uri = `sip:b@${DOMAIN}`;
  const first = Buffer.from(requestText({ uri, from, method: "MESSAGE" }), "base64").toString();
  const sent = async (text: string): Promise<number> => {
    await say(lan, "looper", [Buffer.from(text).toString("base64")]);
    return statusOf(await hear());
  };
  t.is(await sent(first.replace("Max-Forwards: 70", "Max-Forwards: 0")), 483);
  t.is(await sent(first), 407);
  const back = (more: string): string =>
    first.replace(
      "Via: ",
      `Via: SIP/2.0/UDP ${from};rport;branch=z9hG4bKback${more}\r\nVia: SIP/2.0/UDP ${SHARED.v4}:5060;branch=z9hG4bKours\r\nVia: `,
    );
  t.is(await sent(back("1")), 482);
  t.is(await sent(back("2").replace("MESSAGE sip:b@", "MESSAGE sip:a@")), 407, "a spiral");
});

test.serial("broken messages are answered or dropped here", async (t) => {
  await open(lan, "broken", "192.0.2.120");
  const from = "192.0.2.120";
  const good = Buffer.from(
    requestText({ uri: `sip:b@${DOMAIN}`, from, method: "MESSAGE" }),
    "base64",
  ).toString();
  const sent = async (text: string): Promise<string> => {
    await say(lan, "broken", [Buffer.from(text).toString("base64")]);
    return lan.phones
      .ask({ kind: "heard", wire: "broken", wanted: "^SIP/2.0 ", withinMs: 700 })
      .then(
        (answer) => answer.split("\r\n", 1).join(""),
        () => "silence",
      );
  };
  const answered = {
    "no Call-ID": await sent(good.replace(/Call-ID: .*\r\n/, "")),
    "CSeq of another method": await sent(good.replace("1 MESSAGE", "1 INVITE")),
    "CSeq that is no number": await sent(good.replace("1 MESSAGE", "x MESSAGE")),
    "unknown scheme": await sent(good.replace(/MESSAGE sip:/, "MESSAGE nobody:")),
    "SIP/3.0": await sent(good.replace(/ SIP\/2\.0\r/, " SIP/3.0\r")),
    "shorter than it says": await sent(good.replace("Content-Length: 0", "Content-Length: 9")),
    "two tags": await sent(good.replace(/(From: .*)\r/, "$1;tag=two\r")),
    "credentials without a nonce": await sent(
      good.replace("Content-Length", 'Authorization: Digest username="a"\r\nContent-Length'),
    ),
  };
  t.deepEqual(answered, {
    "no Call-ID": "silence",
    "CSeq of another method": "SIP/2.0 400 CSeq method does not match request method",
    "CSeq that is no number": "SIP/2.0 400 CSeq number is illegal",
    "unknown scheme": "SIP/2.0 416 Unsupported URI Scheme",
    "SIP/3.0": "silence",
    "shorter than it says": "SIP/2.0 400 Content-Length mis-match",
    "two tags": "SIP/2.0 400 Many From Tag Params",
    "credentials without a nonce": "SIP/2.0 400 Bad Auth Credentials",
  });
});
