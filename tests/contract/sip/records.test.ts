import test from "ava";
import type { ExecutionContext } from "ava";
import { DOMAIN } from "./appliance.ts";
import { betweenBothPhones } from "./both-phones.ts";
import { Lan, requestText } from "./line.ts";
import { EngineNode } from "./node.ts";
import { until } from "./until.ts";
import { answerText, attempt, openAt, say } from "./wires.ts";

/* When the records of a call are written, and with what. */

const node = new EngineNode("records");
const lan = new Lan(node);

betweenBothPhones(node, lan);

const transactions = async (): Promise<number> => {
  const [, count = ""] = (await node.sql("show global status like 'Binlog_commits'")).split("\t");
  return Number(count);
};

const rowsOf = (callId: string): Promise<string> =>
  node.sql(
    `select (select group_concat(method order by id) from acc where callid = '${callId}'), (select group_concat(state) from dialog where callid = '${callId}')`,
  );

const hangUp = async (phone: string, callId: string): Promise<number> =>
  (await lan.phones.ask({ kind: "bye", phone, callId })).status;

/** What is asked has not happened before the tables of records can be written to. */
const notWhileLocked = async <T>(t: ExecutionContext, ask: () => Promise<T>): Promise<T> => {
  const locked = node.sql(
    "lock tables acc write, dialog write; do sleep(1); select unix_timestamp(sysdate(3)) * 1000",
  );
  await until(
    async () =>
      (await node.sql(
        "select count(*) from information_schema.processlist where state = 'User sleep'",
      )) === "1",
    5_000,
  );
  const answer = await ask();
  const answeredAt = Date.now();
  t.true(answeredAt >= Number(await locked));
  return answer;
};

test.serial(
  "a call is two transactions: its start with its dialog, and its stop with the end of that",
  async (t) => {
    const before = await transactions();
    const callId = await lan.call();
    t.is(await rowsOf(callId), "INVITE\t4");
    t.is(await transactions(), before + 1);
    t.is(await hangUp("b", callId), 200);
    t.is(await rowsOf(callId), "INVITE,BYE\tNULL");
    t.is(await transactions(), before + 2);
  },
);

test.serial("nobody hears of an answer, or of an end, before its record is there", async (t) => {
  const callId = await notWhileLocked(t, () => lan.call());
  t.is(await rowsOf(callId), "INVITE\t4");
  t.is(await notWhileLocked(t, () => hangUp("a", callId)), 200);
  t.is(await rowsOf(callId), "INVITE,BYE\tNULL");
});

const WIRE = "192.0.2.126";
const LONG = `sip:${"token-".repeat(40)}@${WIRE}:5060`;
const SDP = [
  ...["v=0", `o=- 1 1 IN IP4 ${WIRE}`, "s=-", `c=IN IP4 ${WIRE}`, "t=0 0"],
  ...["m=audio 40000 RTP/AVP 0", ""],
].join("\r\n");

/** That answer with audio, its signs as bytes: those above 127 are no UTF-8. */
const withAudio = (answer: string): string => {
  const text = Buffer.from(answer, "base64").toString("utf8");
  const body = `Content-Type: application/sdp\r\nContent-Length: ${SDP.length}\r\n\r\n${SDP}`;
  return Buffer.from(text.replace("Content-Length: 0\r\n\r\n", body), "latin1").toString("base64");
};

const heard = (wanted: string): Promise<string> =>
  lan.phones.ask({ kind: "heard", wire: "c", wanted, withinMs: 5_000 });

test.serial(
  "a Call-ID that would be cut in a record, and be another call's then, is refused",
  async (t) => {
    const invite = Buffer.from(requestText({ uri: `sip:b@${DOMAIN}`, method: "INVITE" }), "base64");
    const odd = invite.toString("latin1").replace("Call-ID: ", "Call-ID: \u00ff");
    const [answer = ""] = await lan.datagrams([Buffer.from(odd, "latin1").toString("base64")]);
    t.regex(answer, /^SIP\/2\.0 400 /);
  },
);

test.serial("no name that a phone gives itself costs a call its answer, or its end", async (t) => {
  await node.provision(Lan.subscribers({ a: {}, b: {}, c: {} }));
  await openAt(lan, "c", WIRE);
  const registered = await attempt(lan, "c", {
    ...{ from: `${WIRE}:5060`, user: "c", password: "secret-c", contact: LONG },
  });
  t.regex(registered, /^SIP\/2\.0 200 /);

  const calling = lan.phones.ask({ kind: "call", phone: "a", uri: `sip:c@${DOMAIN}` });
  const invite = await heard("^INVITE");
  const answer = answerText(invite, "200 \u00ff\u00fe", [`Contact: "\u00fc" <${LONG}>`]);
  await say(lan, "c", [withAudio(answer)]);
  const { status, callId } = await calling;
  t.is(status, 200);
  t.is(await rowsOf(callId), "INVITE\t4");

  const ending = hangUp("a", callId);
  await say(lan, "c", [answerText(await heard("^BYE"), "200 OK", [])]);
  t.is(await ending, 200);
  t.is(await rowsOf(callId), "INVITE,BYE\tNULL");
});

test.serial(
  "an answer that comes to another proxy has its record and its dialog, also where Redis has forgotten the call",
  async (t) => {
    const calling = lan.phones.ask({ kind: "call", phone: "a", uri: `sip:c@${DOMAIN}` });
    const invite = await heard("^INVITE");
    const [, calls = ""] = /^Call-ID: (.*)\r$/m.exec(invite) ?? [];
    const numbers = await node.run(
      `kamcmd -s /run/ngcp-proxy/ctl dlg.dlg_list '${calls}' | sed -n 's/.*h_[a-z]*: //p' | tr '\\n' ' '`,
    );
    await node.redis("flushdb");
    const dead = await node.mainPid("ngcp-proxy");
    await node.run(`kill -9 ${dead}`);
    await until(async () => {
      const pid = await node.mainPid("ngcp-proxy");
      return pid !== dead && pid !== 0 && (await node.state("ngcp-proxy")) === "active";
    }, 5_000);
    // The phone repeats its 200 until it has the ACK: the first one may come too soon.
    const answer = withAudio(answerText(invite, "200 OK", [`Contact: <${LONG}>`]));
    const repeating = setInterval(() => void say(lan, "c", [answer]), 500);
    const { status, callId } = await calling.finally(() => clearInterval(repeating));
    t.is(status, 200);
    t.is(await rowsOf(callId), "INVITE\t4");
    const row = `select concat(hash_entry, ' ', hash_id) from dialog where callid = '${callId}'`;
    t.is(await node.sql(row), numbers);
    t.regex(await node.run("kamcmd -s /run/ngcp-proxy/ctl dlg.stats_active"), /ongoing: 1/);
    const ending = hangUp("a", callId);
    await say(lan, "c", [answerText(await heard("^BYE"), "200 OK", [])]);
    t.is(await ending, 200);
    t.is(await rowsOf(callId), "INVITE,BYE\tNULL");
  },
);
