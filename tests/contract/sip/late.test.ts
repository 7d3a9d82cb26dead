import test from "ava";
import { authorize, parseChallenge } from "../../../ops/lab/phone/digest.ts";
import { audioTarget, describeAudio } from "../../../ops/lab/phone/sdp.ts";
import { DOMAIN, SHARED } from "./appliance.ts";
import { Lan, requestText } from "./line.ts";
import { EngineNode } from "./node.ts";
import { until } from "./until.ts";
import { answerText, attempt, openActiveNode, openAt, say } from "./wires.ts";

/* What comes to a load-balancer and a proxy that have not seen the INVITE: they were killed while it rang. */

const node = new EngineNode("late");
const lan = new Lan(node);
const CALLER = "192.0.2.121";
const CALLEE = "192.0.2.122";
const OTHER = "192.0.2.124";
const PEER = "192.0.2.123";
const NUMBER = "4930123";

test.before(async () => {
  await openActiveNode(node);
  await openAt(lan, "a", CALLER);
  await openAt(lan, "b", CALLEE);
  await openAt(lan, "other", OTHER);
  await openAt(lan, "peer", PEER, 5070);
});

const has = (preferences: object = {}): Promise<void> =>
  node.provision({
    ...Lan.subscribers({ a: { numbers: ["4319001"], preferences }, b: { numbers: ["4319002"] } }),
    peer_groups: {
      all: {
        rules: [{ callee_prefix: 49 }],
        hosts: { works: { ip: PEER, port: 5070 } },
      },
    },
  });

test.beforeEach(async () => {
  await has();
  const contact = `sip:b@${CALLEE}:5060`;
  const registered = await attempt(lan, "b", {
    ...{ from: `${CALLEE}:5060`, user: "b", password: "secret-b", contact },
  });
  if (!/^SIP\/2\.0 200 /.test(registered)) throw new Error(registered);
});

test.after.always(async () => {
  await lan.close();
  await node.remove();
});

const heard = (wire: string, wanted: string): Promise<string> =>
  lan.phones.ask({ kind: "heard", wire, wanted, withinMs: 5_000 });

const encoded = (text: string): string => Buffer.from(text).toString("base64");

const callIdOf = (text: string): string => /^Call-ID: (.*)\r$/m.exec(text)?.[1] ?? "";

/** The CANCEL or the ACK of that INVITE (RFC 3261, 9.1 and 17.1.1.3). */
const ofTransaction = (invite: string, method: string): string =>
  [
    ...invite
      .replace(/^INVITE/, method)
      .replace(/^(CSeq: \d+) INVITE/m, `$1 ${method}`)
      .split("\r\n")
      .filter((line) =>
        /^(?:CANCEL|ACK|Via|Max-Forwards|From|To|Call-ID|CSeq|Content-Length)/.test(line),
      ),
    "",
    "",
  ].join("\r\n");

const cancelOf = (invite: string): string => encoded(ofTransaction(invite, "CANCEL"));

/** The wire a calls, with credentials; answers its INVITE when the other wire has been asked, and rings. */
const ring = async (
  user = "b",
  wire = user,
): Promise<{ readonly sent: string; readonly arrived: string }> => {
  const uri = `sip:${user}@${DOMAIN}`;
  const headers = [`Contact: <sip:a@${CALLER}:5060>`];
  const first = requestText({
    uri,
    from: `${CALLER}:5060`,
    method: "INVITE",
    user: "a",
    headers,
  });
  await say(lan, "a", [first]);
  const asked = Buffer.from(first, "base64").toString("utf8");
  const refused = await heard("a", `^SIP/2.0 407[^]*Call-ID: ${callIdOf(asked)}`);
  const [, header = ""] = /^Proxy-Authenticate: (.*)\r$/m.exec(refused) ?? [];
  const [, to = ""] = /^(To: .*)\r$/m.exec(refused) ?? [];
  await say(lan, "a", [encoded(ofTransaction(asked, "ACK").replace(/^To: .*(?=\r$)/m, to))]);
  const challenge = parseChallenge(header);
  if (challenge === undefined) throw new Error(`no challenge: ${header}`);
  const request = { method: "INVITE", uri, count: 1 };
  const value = authorize({ user: "a", password: "secret-a" }, challenge, request);
  const sent = asked
    .replace(/branch=z9hG4bK/, "branch=z9hG4bKagain")
    .replace("CSeq: 1 ", "CSeq: 2 ")
    .replace("Content-Length", `Proxy-Authorization: ${value}\r\nContent-Length`);
  await say(lan, "a", [encoded(sent)]);
  const arrived = await heard(wire, "^INVITE");
  await say(lan, wire, [answerText(arrived, "180 Ringing", [])]);
  await heard("a", "^SIP/2.0 180");
  return { sent, arrived };
};

const restart = async (): Promise<void> => {
  const units = ["ngcp-lb", "ngcp-proxy", "ngcp-sems"];
  const dead = await Promise.all(units.map((unit) => node.mainPid(unit)));
  await node.run(`kill -9 ${dead.join(" ")}`);
  await until(async () => {
    const pids = await Promise.all(units.map((unit) => node.mainPid(unit)));
    const states = await Promise.all(units.map((unit) => node.state(unit)));
    return (
      pids.every((pid, index) => pid !== 0 && pid !== dead[index]) &&
      states.every((state) => state === "active")
    );
  }, 5_000);
};

/** Sends the CANCEL again until the other wire has heard it, as a phone does until it is answered. */
const giveUp = async (sent: string, wire: string): Promise<string> => {
  let cancel = "";
  await until(async () => {
    await say(lan, "a", [cancelOf(sent)]);
    const hearing = { wire, wanted: "^CANCEL", withinMs: 500 } as const;
    cancel = await lan.phones.ask({ kind: "heard", ...hearing }).catch(() => "");
    return cancel !== "";
  }, 5_000);
  return cancel;
};

const viaOf = (text: string): string => /^Via: (.*)\r$/m.exec(text)?.[1] ?? "";

const record = (callId: string): Promise<string> =>
  node.sql(
    `select group_concat(method, ' ', sip_code, ' ', src_leg like '%uuid=%') from acc where callid = '${callId}'`,
  );

test.serial(
  "the caller gives up: the phone hears it as of its INVITE, and the call has its record",
  async (t) => {
    const { sent, arrived } = await ring();
    await restart();
    const cancel = await giveUp(sent, "b");
    t.is(viaOf(cancel), viaOf(arrived));
    await say(lan, "b", [
      answerText(cancel, "200 OK", []),
      answerText(arrived, "487 Request Terminated", []),
    ]);
    t.regex(await heard("a", "^SIP/2.0 200"), /CANCEL/);
    t.regex(await heard("a", "^SIP/2.0 487"), /INVITE/);
    t.is(await record(callIdOf(sent)), "INVITE 487 1");
  },
);

test.serial("so do all devices that ring", async (t) => {
  const from = `${OTHER}:5060`;
  const contact = `sip:b@${from}`;
  const registration = { from, user: "b", password: "secret-b", contact };
  await attempt(lan, "other", registration);
  const { sent, arrived } = await ring();
  const there = await heard("other", "^INVITE");
  await say(lan, "other", [answerText(there, "180 Ringing", [])]);
  await heard("a", "^SIP/2.0 180");
  await restart();
  t.is(viaOf(await giveUp(sent, "b")), viaOf(arrived));
  t.is(viaOf(await heard("other", "^CANCEL")), viaOf(there));
  await attempt(lan, "other", { ...registration, expires: 0 });
});

test.serial("so does the phone of who is called by one that hides its number", async (t) => {
  await has({ clir: true });
  const { sent, arrived } = await ring();
  t.regex(arrived, /^From: .*anonymous@anonymous\.invalid/m);
  await restart();
  t.is(viaOf(await giveUp(sent, "b")), viaOf(arrived));
});

test.serial(
  "the caller gives a call to a peer up: the B2BUA, which was killed too, hears it",
  async (t) => {
    const { sent, arrived } = await ring(NUMBER, "peer");
    await restart();
    const cancel = await giveUp(sent, "peer");
    t.is(callIdOf(cancel), callIdOf(arrived));
    t.regex(await heard("a", "^SIP/2.0 487"), /INVITE/);
    t.is(await record(callIdOf(sent)), "INVITE 487 1");
  },
);

test.serial("the phone is busy: the caller hears it, and the call has its record", async (t) => {
  const { sent, arrived } = await ring();
  await restart();
  await say(lan, "b", [answerText(arrived, "486 Busy Here", [])]);
  t.regex(await heard("a", "^SIP/2.0 486"), /INVITE/);
  t.is(await record(callIdOf(sent)), "INVITE 486 1");
});

test.serial(
  "an INVITE without an offer is answered with one: its media go through the relay, and the call has its record",
  async (t) => {
    const { sent, arrived } = await ring();
    await restart();
    const offer = describeAudio({ address: CALLEE, port: 4000 }, 1);
    const contact = `Contact: <sip:b@${CALLEE}:5060>`;
    let answer = "";
    await until(async () => {
      await say(lan, "b", [answerText(arrived, "200 OK", [contact], offer)]);
      const hearing = {
        wire: "a",
        wanted: `^SIP/2.0 200[^]*Call-ID: ${callIdOf(sent)}`,
        withinMs: 500,
      } as const;
      answer = await lan.phones.ask({ kind: "heard", ...hearing }).catch(() => "");
      return answer !== "";
    }, 5_000);
    t.is(audioTarget(answer)?.address, SHARED.v4);
    t.is(await record(callIdOf(sent)), "INVITE 200 1");
  },
);

test.serial(
  "a CANCEL of a call that nobody makes is refused, and no phone hears of it",
  async (t) => {
    const { sent, arrived } = await ring();
    const other = sent.replace(/^Call-ID: .*\r$/m, "Call-ID: nobodys\r");
    await say(lan, "a", [cancelOf(other)]);
    t.regex(await heard("a", "^SIP/2.0 481"), /Call-ID: nobodys/);
    await say(lan, "b", [answerText(arrived, "486 Busy Here", [])]);
    t.regex(await heard("a", "^SIP/2.0 486"), /INVITE/);
  },
);
