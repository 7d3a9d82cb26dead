import test from "ava";
import { APPLIANCE, DOMAIN } from "./appliance.ts";
import { Cdrs } from "./cdrs.ts";
import { Lan } from "./line.ts";
import { EngineNode } from "./node.ts";
import { answerText, attempt, openActiveNode, openAt, say, statusOf } from "./wires.ts";

/* Calls from a to b that b forwards, most of them to c: what each phone is told, and what the accounts say. */

const VOICEBOX = "sip:voicebox@192.0.2.104:5070";
const OUTSIDE = "sip:outside@192.0.2.105:5070";
const MAX_FORWARDS = 3;

const node = new EngineNode("forwards", {
  ...APPLIANCE,
  proxy: {
    ...APPLIANCE.proxy,
    maxForwards: MAX_FORWARDS,
    ringSeconds: 2,
    applications: { ...APPLIANCE.proxy.applications, voicebox: VOICEBOX },
  },
});
const lan = new Lan(node);
const cdrs = new Cdrs(node);

/** A wire at 192.0.2.125. */
const PEERS = {
  everywhere: { rules: [{ callee_prefix: 49 }], hosts: { everywhere: { ip: "192.0.2.125" } } },
};

/** Provisions the call forwards and preferences of b, and the forwards of c. */
const forwards = (b: object, c: object = {}, preferences: object = {}): Promise<void> =>
  node.provision({
    ...Lan.subscribers({
      a: {},
      b: { numbers: ["4319002"], call_forwards: b, preferences },
      c: { numbers: ["4319003"], call_forwards: c },
    }),
    peer_groups: PEERS,
  });

interface Told {
  readonly answer: string;
  readonly callId: string;
}

const call = async (): Promise<Told> => {
  const uri = `sip:b@${DOMAIN}`;
  const { status, reason, callId } = await lan.phones.ask({ kind: "call", phone: "a", uri });
  return { answer: `${status} ${reason}`, callId };
};

const uuidOf = (user: string): Promise<string> =>
  node.sql(`select uuid from subscriber where username = '${user}'`);

const registerB = async (): Promise<void> => {
  const from = "192.0.2.122";
  const registered = await attempt(lan, "b", { from, user: "b", password: "secret-b" });
  if (statusOf(registered) !== 200) throw new Error(registered);
};

/** The INVITE that a wire, phone b or the peer, is sent next; it answers with `status`. */
const ringsB = async (status: string, wire = "b"): Promise<string> => {
  const invite = await lan.phones.ask({
    kind: "heard",
    wire,
    wanted: "^INVITE ",
    withinMs: 10_000,
  });
  await say(lan, wire, [answerText(invite, status, [])]);
  return invite;
};

/** After a CANCEL the wire gives up the call of `invite`. */
const givesUpB = async (invite: string, wire = "b"): Promise<void> => {
  const cancel = await lan.phones.ask({
    kind: "heard",
    wire,
    wanted: "^CANCEL ",
    withinMs: 10_000,
  });
  await say(lan, wire, [
    answerText(cancel, "200 OK", []),
    answerText(invite, "487 Request Terminated", []),
  ]);
};

/** Ends a call that was answered; answers the INVITE that `phone` got, and the marks of the start record. */
const finish = async (
  phone: string,
  { answer, callId }: Told,
): Promise<{ readonly invite: string; readonly row: string }> => {
  if (!answer.startsWith("200")) throw new Error(answer);
  await lan.phones.ask({ kind: "arrival", phone });
  await lan.phones.ask({ kind: "bye", phone: "a", callId });
  return lan.delivered(phone, callId);
};

test.before(async () => {
  await openActiveNode(node);
  await forwards({});
  await lan.open("a", { address: "192.0.2.101", port: 5060 });
  await lan.open("c", { address: "192.0.2.103", port: 5060 });
  await lan.open("voicebox", { address: "192.0.2.104", port: 5070 });
  await lan.open("outside", { address: "192.0.2.105", port: 5070 });
  for (const [wire, address, port] of [
    ["b", "192.0.2.122", 5999],
    ["everywhere", "192.0.2.125", 5060],
  ] as const)
    await openAt(lan, wire, address, port);
  for (const phone of ["a", "c"]) await lan.register(phone);
  await registerB();
});

test.after.always(async () => {
  await cdrs.close();
  await lan.close();
  await node.remove();
});

test.serial(
  "always: the call goes to the other subscriber, and says who forwarded it",
  async (t) => {
    await forwards({ cfu: "4319003" });
    const { invite, row } = await finish("c", await call());
    t.regex(invite, /^Diversion: <sip:b@test\.invalid>;reason=unconditional\r$/m);
    t.is(row, `200 c call_type=cfu;by=${await uuidOf("b")};uuid=${await uuidOf("c")}`);
  },
);

test.serial("always: to the voicebox of config.yml, and to a SIP URI elsewhere", async (t) => {
  for (const [to, phone, uri] of [
    ["voicebox", "voicebox", VOICEBOX],
    [OUTSIDE, "outside", OUTSIDE],
  ] as const) {
    await forwards({ cfu: to });
    const told = await call();
    const { invite, row } = await finish(phone, told);
    t.true(invite.startsWith(`INVITE ${uri} `), invite);
    const host = /@([0-9.]+):/.exec(uri)?.[1];
    t.is(row, `200 ${phone} call_type=cfu;by=${await uuidOf("b")};to=${host}`);
    t.like(await cdrs.of(told.callId), {
      ...{ call_type: "cfu", call_status: "ok", call_code: "200", source_user: "a" },
      ...{ destination_user_dialed: "b", destination_user: phone, destination_domain: host },
      forwarder_user_id: await uuidOf("b"),
    });
  }
});

test.serial("busy: the call goes on when the phone says so, and only then", async (t) => {
  await forwards({});
  const refused = call();
  await ringsB("486 Busy Here");
  const busy = await refused;
  t.is(busy.answer, "486 Busy Here");
  t.like(await cdrs.of(busy.callId), { call_type: "call", call_status: "busy", call_code: "486" });
  await forwards({ cfb: "c" });
  const setUp = call();
  await ringsB("486 Busy Here");
  const { invite, row } = await finish("c", await setUp);
  t.regex(invite, /^INVITE sip:c@192\.0\.2\.103/);
  t.regex(invite, /^Diversion: <sip:b@test\.invalid>;reason=user-busy\r$/m);
  t.notRegex(invite, /192\.0\.2\.122/, "nothing of the busy phone is left");
  t.is(row, `200 c call_type=cfb;by=${await uuidOf("b")};uuid=${await uuidOf("c")}`);
});

test.serial(
  "no answer: the phone rings as long as the forward says, then it is cancelled",
  async (t) => {
    await forwards({ cft: { to: "c", timeout: 1 } });
    const setUp = call();
    await givesUpB(await ringsB("180 Ringing"));
    const { row } = await finish("c", await setUp);
    t.is(row, `200 c call_type=cft;by=${await uuidOf("b")};uuid=${await uuidOf("c")}`);
  },
);

test.serial("no answer and no forward: the preference ringtimeout ends the call", async (t) => {
  await node.provision(Lan.subscribers({ a: {}, b: { preferences: { ringtimeout: 1 } }, c: {} }));
  const setUp = call();
  await givesUpB(await ringsB("180 Ringing"));
  const { answer, callId } = await setUp;
  t.is(answer, "408 Request Timeout");
  t.is(await node.sql(`select sip_code from acc where callid = '${callId}'`), "408");
});

test.serial("not reachable: no device is registered, or the device says so", async (t) => {
  await forwards({ cfna: "4319003" });
  const setUp = call();
  await ringsB("480 Temporarily Unavailable");
  t.regex((await finish("c", await setUp)).row, /^200 c call_type=cfna;/);
  await node.sql("delete from location where username = 'b'");
  const { invite, row } = await finish("c", await call());
  t.regex(invite, /^Diversion: <sip:b@test\.invalid>;reason=unavailable\r$/m);
  t.regex(row, /^200 c call_type=cfna;/);
  await forwards({});
  t.is((await call()).answer, "480 Offline");
  await registerB();
});

test.serial("several forwards of one kind are tried one after another", async (t) => {
  await forwards({ cfu: ["sip:b@192.0.2.122:5999", "4319003"] });
  const setUp = call();
  await ringsB("486 Busy Here");
  t.regex((await finish("c", await setUp)).row, /^200 c call_type=cfu;/);
});

test.serial("two that forward to each other end the call", async (t) => {
  await forwards({ cfu: "c" }, { cfu: "b" });
  const { answer, callId } = await call();
  t.is(answer, "482 Loop Detected");
  t.is(await node.sql(`select sip_code from acc where callid = '${callId}'`), "482");
});

test.serial("at a peer a forwarded call rings as long as any, not as b is given", async (t) => {
  await forwards({ cfb: "4930123" }, {}, { ringtimeout: 600 });
  const setUp = call();
  await ringsB("486 Busy Here");
  await givesUpB(await ringsB("180 Ringing", "everywhere"), "everywhere");
  t.is((await setUp).answer, "408 Request Timeout");
});

const FOREIGN = { cfu: [OUTSIDE, "4930123", "c"] };

for (const [what, preferences] of [
  ["may not call", { lock: "outgoing" }],
  ["may not call elsewhere, nor c", { lock: "foreign", block_out_list: ["c"] }],
  [
    "may not call elsewhere, and c for the operator",
    { lock: "foreign", adm_block_out_list: ["c"] },
  ],
] as const)
  test.serial(`forwards of one who ${what} are as if they were not there`, async (t) => {
    await forwards(FOREIGN, {}, preferences);
    const refused = call();
    await ringsB("486 Busy Here");
    t.is((await refused).answer, "486 Busy Here");
  });

test.serial("a lock for foreign calls leaves forwards within, and to the voicebox", async (t) => {
  await forwards(FOREIGN, {}, { lock: "foreign" });
  t.regex((await finish("c", await call())).row, /^200 c call_type=cfu;/);
  await forwards({ cfu: "voicebox" }, {}, { lock: "outgoing" });
  t.regex((await finish("voicebox", await call())).row, /^200 voicebox call_type=cfu;/);
});

test.serial("an answer whose reason is too long for its row has one all the same", async (t) => {
  await forwards({});
  const setUp = call();
  await ringsB(`486 ${"\u00fc".repeat(120)}`);
  const { answer, callId } = await setUp;
  t.regex(answer, /^486 /);
  t.is(await node.sql(`select sip_code from acc where callid = '${callId}'`), "486");
});
