import test from "ava";
import { ipBatch } from "../../../ops/lab/network.ts";
import { nowMs } from "../../../ops/lab/phone/clock.ts";
import { isBack } from "../../../ops/lab/reach.ts";
import { DOMAIN, SHARED } from "./appliance.ts";
import { betweenBothPhones } from "./both-phones.ts";
import { Lan } from "./line.ts";
import { EngineNode } from "./node.ts";
import { until } from "./until.ts";
import { answerText, attempt, open, say, statusOf } from "./wires.ts";

const node = new EngineNode("lbedge");
const lan = new Lan(node);

const heard = (wire: string, wanted: string, withinMs = 4000): Promise<string> =>
  lan.phones.ask({ kind: "heard", wire, wanted, withinMs });

/** What lies behind the load-balancer: its own internal side, the proxy, and what they tell each other. */
const BEHIND = /127\.0\.0\.1|:5062|:15060|P-NGCP|^TH:/m;

/** More phones behind NAT than a loop of Kamailio's script goes round without being told. */
const MANY = 150;

const transcript = (phone: string): Promise<readonly string[]> =>
  lan.phones.ask({ kind: "transcript", phone });

betweenBothPhones(node, lan);

for (const by of ["a", "b"])
  test.serial(
    `phones see nothing of what lies behind, also when the load-balancer dies in a call that ${by} ends`,
    async (t) => {
      const callId = await lan.call();
      await node.run("systemctl kill -s KILL ngcp-lb");
      await until(async () => (await node.state("ngcp-lb")) === "active", 5000);
      for (const phone of ["a", "b"])
        t.is((await lan.phones.ask({ kind: "reinvite", phone, callId })).status, 200, phone);
      const ended = lan.phones.ask({ kind: "ended", phone: by === "a" ? "b" : "a", callId });
      t.is((await lan.phones.ask({ kind: "bye", phone: by, callId })).status, 200);
      t.deepEqual(await ended, { by: "byTheOther" });
      for (const phone of ["a", "b"]) {
        const messages = await transcript(phone);
        t.true(messages.length > 5);
        for (const message of messages) t.notRegex(message, BEHIND, phone);
      }
    },
  );

test.serial("TLS outside is UDP inside, and back", async (t) => {
  await open(lan, "tls", "192.0.2.122", "tls");
  await open(lan, "udp", "192.0.2.123");
  const secure = {
    from: "192.0.2.122",
    user: "b",
    password: "secret-b",
    transport: "TLS",
  } as const;
  const contact = "sip:b@192.0.2.122:5999;transport=tls";
  await node.sql("delete from location where username = 'b'");
  t.is(statusOf(await attempt(lan, "tls", { ...secure, contact })), 200);

  const asked = attempt(lan, "udp", {
    from: "192.0.2.123",
    password: "secret-a",
    message: `sip:b@${DOMAIN}`,
  });
  const request = await heard("tls", "^MESSAGE ");
  t.regex(request, /^MESSAGE sip:b@192\.0\.2\.122:5999;transport=tls SIP/);
  t.regex(request, /^Via: SIP\/2\.0\/TLS 192\.0\.2\.10:5061;/m);
  t.notRegex(request, BEHIND);
  await say(lan, "tls", [answerText(request, "200 Read", [])]);
  t.regex(await asked, /^SIP\/2\.0 200 Read\r/);

  const back = attempt(lan, "tls", { ...secure, message: `sip:a@${DOMAIN}` });
  t.is(statusOf(await back), 481, "the phone a, by UDP, refuses texts in its own words");
});

test.serial("a new certificate is taken up without a restart", async (t) => {
  const shown = (): Promise<string> =>
    node.run(
      `openssl s_client -connect ${SHARED.v4}:5061 </dev/null 2>/dev/null | openssl x509 -noout -subject`,
    );
  const pid = await node.mainPid("ngcp-lb");
  t.regex(await shown(), /CN ?= ?sp1/);
  await node.run(
    "cd /etc/ngcp-config/ssl && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=sip.example.org -keyout myserver.key -out myserver.crt 2>/dev/null && chgrp kamailio myserver.key && chmod 640 myserver.key",
  );
  await node.run("kamcmd -s /run/ngcp-lb/ctl tls.reload");
  t.regex(await shown(), /CN ?= ?sip\.example\.org/);
  t.is(await node.mainPid("ngcp-lb"), pid);
});

test.serial(
  "a phone behind NAT is reached where it came from, and its way is kept open from the public address",
  async (t) => {
    await open(lan, "nat", "192.0.2.124");
    await node.sql("delete from location where username = 'b'");
    const phone = { from: "10.1.1.7", user: "b", password: "secret-b" };
    t.is(statusOf(await attempt(lan, "nat", { ...phone, contact: "sip:b@10.1.1.7:5060" })), 200);
    const question = await heard("nat", "^OPTIONS sip:b@10");
    t.regex(question, /^Via: SIP\/2\.0\/UDP 192\.0\.2\.10;/m);
    t.notRegex(question, BEHIND);
    await say(lan, "nat", [answerText(question, "200 OK", [])]);
    await heard("nat", "^OPTIONS sip:b@10");
    const asked = attempt(lan, "udp", {
      from: "192.0.2.123",
      password: "secret-a",
      message: `sip:b@${DOMAIN}`,
    });
    await say(lan, "nat", [answerText(await heard("nat", "^MESSAGE "), "200 Read", [])]);
    t.is(statusOf(await asked), 200);
    const columns = "ruid, username, domain, contact, path, expires, callid, cflags";
    await node.sql(
      `insert into location (${columns}) select concat('n', seq), concat('n', seq), domain, concat('sip:n', seq, '@10.1.1.7'), path, expires, callid, cflags from location join seq_1_to_${MANY} where username = 'b'`,
    );
    for (let phone = 1; phone <= MANY; phone += 1) await heard("nat", `^OPTIONS sip:n${phone}@`);
    t.pass("the way of each of many phones is kept open");
    await node.sql("delete from location where ruid like 'n%'");
  },
);

test.serial(
  "a phone behind NAT with a private address hears the ACK and either's BYE",
  async (t) => {
    await ipBatch(node.phonesNamespace, ["addr replace 10.9.0.3/24 dev eth0"]);
    await node.run("ip route replace 10.9.0.0/24 dev eth0");
    await node.sql("delete from location where username = 'b'");
    await lan.open("private", { address: "10.9.0.3", port: 5060 }, { user: "b" });
    await lan.register("private");
    for (const [by, other] of [
      ["a", "private"],
      ["private", "a"],
    ] as const) {
      const callId = await lan.call("private");
      await lan.listen(callId, 5, "private");
      const ended = lan.phones.ask({ kind: "ended", phone: other, callId });
      t.is((await lan.phones.ask({ kind: "bye", phone: by, callId })).status, 200, by);
      t.deepEqual(await ended, { by: "byTheOther" });
    }
    t.true((await transcript("private")).some((text) => text.startsWith("ACK ")));
  },
);

test.serial(
  "a TLS phone that names another port than it connects from keeps its connection, and hears the ACK and either's BYE, also over the next one",
  async (t) => {
    await node.sql("delete from location where username = 'b'");
    await lan.open(
      "secure",
      { address: "192.0.2.125", port: 5061 },
      { user: "b", transport: "tls" },
    );
    await lan.register("secure");
    const opened = (await transcript("secure")).length;
    await until(
      async () =>
        (await transcript("secure")).slice(opened).filter((text) => text.startsWith("OPTIONS "))
          .length > 2,
      10_000,
    );
    const { flow } = await lan.phones.ask({ kind: "registration", phone: "secure" });
    t.is(flow?.brokenAtMs, null, "its answers to keep-alive pings are no reason to hang up");
    for (const [by, other] of [
      ["a", "secure"],
      ["secure", "a"],
    ] as const) {
      const callId = await lan.call("secure");
      await until(
        async () =>
          (await transcript("secure")).some(
            (text) => text.startsWith("ACK ") && text.includes(callId),
          ),
        5000,
      );
      const ended = lan.phones.ask({ kind: "ended", phone: other, callId });
      t.is((await lan.phones.ask({ kind: "bye", phone: by, callId })).status, 200, by);
      t.deepEqual(await ended, { by: "byTheOther" });
      await node.run("systemctl kill -s KILL ngcp-lb");
      const asked = nowMs();
      await until(
        async () => isBack(await lan.phones.ask({ kind: "registration", phone: "secure" }), asked),
        20_000,
      );
    }
  },
);

test.serial("XMLRPC and JSON answer on the internal TCP port, and nobody outside", async (t) => {
  const call = `<?xml version="1.0"?><methodCall><methodName>htable.seti</methodName><params><param><value><string>ipban</string></value></param><param><value><string>192.0.2.130</string></value></param><param><value><int>1</int></value></param></params></methodCall>`;
  const post = (path: string, body: string): string =>
    `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: text/xml\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  const outside = (text: string): Promise<string> =>
    lan.stream("tcp", 5060, Buffer.from(text).toString("base64")).catch(() => "");
  t.notRegex(await outside(post("/RPC2", call)), /methodResponse[^]*<int>|result/);
  const json = '{"jsonrpc":"2.0","method":"core.uptime","id":1}';
  t.regex(await outside(post("/jsonrpc", json)), /403 Forbidden/);
  const dump = (): Promise<string> => node.run("kamcmd -s /run/ngcp-lb/ctl htable.dump ipban");
  t.notRegex(await dump(), /192\.0\.2\.130/);
  const inside = await node.run(
    `bash -c 'exec 3<>/dev/tcp/127.0.0.1/5060; printf %s ${Buffer.from(post("/RPC2", call)).toString("base64")} | base64 -d >&3; timeout 1 cat <&3 || true'`,
  );
  t.regex(inside, /<methodResponse>/);
  t.regex(await dump(), /192\.0\.2\.130/);
});
