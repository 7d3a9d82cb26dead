import test from "ava";
import type { ExecutionContext } from "ava";
import { APPLIANCE, DOMAIN } from "./appliance.ts";
import { Lan } from "./line.ts";
import { EngineNode } from "./node.ts";
import { until } from "./until.ts";
import { openActiveNode } from "./wires.ts";

/* Calls to peerings go through the B2BUA: two calls to look at from outside, one in the records. */

const node = new EngineNode("b2bua", APPLIANCE);
const lan = new Lan(node);
const NUMBER = "4930123";
/** An IPv4 packet of 1,500 bytes holds so many besides its headers and those of UDP: more is cut into fragments. */
const LONGEST_BYTES = 1_500 - 20 - 8;

interface Preferred {
  readonly domain?: object;
  readonly peer?: object;
  readonly caller?: object;
}

const has = (more: Preferred = {}): Promise<void> =>
  node.provision({
    ...Lan.subscribers({
      a: { numbers: ["4319001"], preferences: more.caller ?? {} },
      b: { numbers: ["4319002"], call_forwards: { cfu: NUMBER } },
    }),
    domains: { [DOMAIN]: { preferences: more.domain ?? {} } },
    peer_groups: {
      all: {
        rules: [{ callee_prefix: 49 }],
        hosts: { works: { ip: "192.0.2.103", port: 5070, preferences: more.peer ?? {} } },
      },
    },
  });

test.before(async () => {
  await openActiveNode(node);
  await has();
  await lan.open("a", { address: "192.0.2.101", port: 5060 });
  await lan.register("a");
  await lan.open("works", { address: "192.0.2.103", port: 5070 });
});

test.after.always(async () => {
  await lan.close();
  await node.remove();
});

const lastInvite = async (): Promise<string> => {
  const heard = await lan.phones.ask({ kind: "transcript", phone: "works" });
  return heard.findLast((text) => text.startsWith("INVITE")) ?? "";
};

interface Ends {
  readonly here: string;
  /** The Call-ID that the peer knows. */
  readonly there: string;
}

const setUp = async (t: ExecutionContext, number = NUMBER): Promise<Ends> => {
  const uri = `sip:${number}@${DOMAIN}`;
  const { status, callId: here } = await lan.phones.ask({ kind: "call", phone: "a", uri });
  t.is(status, 200);
  const { callId: there } = await lan.phones.ask({ kind: "arrival", phone: "works" });
  return { here, there };
};

/** As soon as the call has its ACK, and the processes are there that carry it. */
const reinvite = (phone: string, callId: string): Promise<void> =>
  until(async () => {
    const { status } = await lan.phones.ask({ kind: "reinvite", phone, callId });
    return status === 200;
  }, 10_000);

/** Plays a call with these preferences; answers the INVITE that the peer got. */
const invited = async (t: ExecutionContext, more: Preferred, number = NUMBER): Promise<string> => {
  await has(more);
  const { here } = await setUp(t, number);
  await lan.phones.ask({ kind: "bye", phone: "a", callId: here });
  return lastInvite();
};

/** The records since there were `before`: one of each method, of the Call-ID of the caller. */
const isRecordedOnce = async (
  t: ExecutionContext,
  { here }: Ends,
  before: number,
): Promise<void> => {
  const rows = (): Promise<string> =>
    node.sql(`select method, callid from acc where id > ${before} order by id`);
  await until(async () => (await rows()).split("\n").length === 2, 10_000);
  t.is(await rows(), `INVITE\t${here}\nBYE\t${here}`);
};

/** The caller hears of it, and there is one record of the call. */
const peerHangsUp = async (t: ExecutionContext, ends: Ends, before: number): Promise<void> => {
  await lan.phones.ask({ kind: "bye", phone: "works", callId: ends.there });
  await lan.phones.ask({ kind: "ended", phone: "a", callId: ends.here });
  await isRecordedOnce(t, ends, before);
};

const lastRecord = async (): Promise<number> =>
  Number(await node.sql("select coalesce(max(id), 0) from acc"));

const inSbc = async (): Promise<number> =>
  Number(await node.redis("keys 'sbc:c:*' | grep -c . || true"));

test.serial(
  "the peer is called by the B2BUA, sees nothing of the caller's leg, and hears its BYE",
  async (t) => {
    const before = await lastRecord();
    const ends = await setUp(t);
    t.is(await inSbc(), 1);
    t.not(ends.there, ends.here);
    const heard = await lan.phones.ask({ kind: "transcript", phone: "works" });
    const invite = heard.findLast((text) => text.startsWith("INVITE")) ?? "";
    t.regex(invite, new RegExp(`^To: <sip:${NUMBER}@192\\.0\\.2\\.103>\r$`, "m"));
    t.notRegex(invite, new RegExp(`P-NGCP|127\\.0\\.0\\.1|192\\.0\\.2\\.101|${ends.here}`));
    await lan.phones.ask({ kind: "bye", phone: "a", callId: ends.here });
    await lan.phones.ask({ kind: "ended", phone: "works", callId: ends.there });
    await isRecordedOnce(t, ends, before);
    await until(async () => (await inSbc()) === 0, 10_000);
  },
);

test.serial("the peer's re-INVITE and BYE reach the caller through both", async (t) => {
  const before = await lastRecord();
  const ends = await setUp(t);
  await reinvite("works", ends.there);
  await peerHangsUp(t, ends, before);
});

test.serial(
  "a call outlives the B2BUA, the proxy and the load-balancer that it went through",
  async (t) => {
    const before = await lastRecord();
    const ends = await setUp(t);
    const first = await node.mainPid("ngcp-sems");
    await node.run("systemctl kill -s KILL ngcp-sems ngcp-lb ngcp-proxy");
    await until(async () => ![0, first].includes(await node.mainPid("ngcp-sems")), 10_000);
    await reinvite("a", ends.here);
    await peerHangsUp(t, ends, before);
  },
);

test.serial(
  "the domain says what passes to a peer, and the peer's own list stands in its place",
  async (t) => {
    const usual = await invited(t, {});
    t.regex(usual, /^P-Asserted-Identity:/m);
    t.regex(usual, /^m=audio [1-9]\d* RTP\/AVP 8 0\r?$/m);
    const domain = { header_deny: ["P-Asserted-Identity"], media_codecs: ["PCMU"] };
    const ofDomain = await invited(t, { domain });
    t.notRegex(ofDomain, /^P-Asserted-Identity:|P-NGCP/m);
    t.regex(ofDomain, /^m=audio [1-9]\d* RTP\/AVP 0\r?$/m);
    t.notRegex(ofDomain, /PCMA/);
    const peer = { media_codecs: ["PCMA"], media_deny: ["video", "ice"] };
    const ofPeer = await invited(t, { domain, peer });
    t.notRegex(ofPeer, /^P-Asserted-Identity:/m);
    t.regex(ofPeer, /^m=audio [1-9]\d* RTP\/AVP 8\r?$/m);
  },
);

test.serial(
  "a peer that is not trusted does not learn the number of a caller that hides it",
  async (t) => {
    const caller = { clir: true };
    t.regex(await invited(t, { caller }), /^P-Asserted-Identity: <sip:4319001@/m);
    const hidden = await invited(t, { caller, peer: { untrusted: true } });
    t.regex(hidden, /^From: "?Anonymous"? <sip:anonymous@anonymous\.invalid>;tag=/m);
    t.notRegex(hidden, /4319001/);
    const shown = await invited(t, { peer: { untrusted: true } });
    t.regex(shown, /^P-Asserted-Identity: <sip:4319001@/m);
  },
);

const balance = (statement: string): Promise<string> =>
  node.run(`mariadb -N -e "${statement}"`).then((text) => text.trim());

test.serial("a prepaid call needs money, and takes it; an emergency does not", async (t) => {
  const fee = {
    destination: 49,
    init_rate: 1,
    init_interval: 60,
    follow_rate: 1,
    follow_interval: 1,
  };
  const numbers = { numbers: ["4319001"], preferences: { prepaid: true } };
  await node.provision({
    ...Lan.subscribers({ a: numbers }),
    billing_profiles: { minute: { fees: [fee] } },
    customers: { "the customer": { billing_profile: "minute" } },
  });
  const uri = `sip:${NUMBER}@${DOMAIN}`;
  const poor = await lan.phones.ask({ kind: "call", phone: "a", uri });
  t.is(poor.status, 402);
  await balance(
    "INSERT INTO billing.contract_balances SELECT id, 100 FROM billing.contracts WHERE external_id = 'the customer'",
  );
  const { here } = await setUp(t);
  const cents = (): Promise<string> =>
    balance("SELECT ROUND(cash_balance) FROM billing.contract_balances");
  t.is(await cents(), "40");
  await lan.phones.ask({ kind: "bye", phone: "a", callId: here });
  const account = `SELECT ROUND(cost), settled_by FROM billing.prepaid_calls WHERE call_id = '${here}'`;
  await until(async () => (await balance(account)) === "60\tend", 10_000);
  t.is(await cents(), "40");
  await node.provision({
    domains: { [DOMAIN]: { preferences: { emergency_numbers: [NUMBER] } } },
  });
  const emergency = await setUp(t);
  await lan.phones.ask({ kind: "bye", phone: "a", callId: emergency.here });
  t.is(await cents(), "40");
  await has();
});

test.serial("while the B2BUA is not there, the caller hears so soon", async (t) => {
  await node.run("systemctl stop ngcp-sems");
  t.is(await node.mainPid("ngcp-sems"), 0);
  const began = performance.now();
  const uri = `sip:${NUMBER}@${DOMAIN}`;
  const { status } = await lan.phones.ask({ kind: "call", phone: "a", uri });
  t.log(`${status} after ${Math.round(performance.now() - began)} ms`);
  // Every peer is tried through it.
  t.is(status, 502);
  t.is(await node.mainPid("ngcp-sems"), 0);
  await node.run("systemctl start ngcp-sems");
  const ends = await setUp(t);
  await lan.phones.ask({ kind: "bye", phone: "a", callId: ends.here });
});

test.serial(
  "no message of these calls, nor of one that is hidden and forwarded, is longer than a packet",
  async (t) => {
    const forwarded = await invited(t, { caller: { clir: true } }, "4319002");
    t.regex(forwarded, /^Diversion: /m);
    const heard = await Promise.all(
      ["a", "works"].map((phone) => lan.phones.ask({ kind: "transcript", phone })),
    );
    const longest = Math.max(...heard.flat().map((text) => Buffer.byteLength(text)));
    t.log(`${longest} bytes`);
    t.true(longest <= LONGEST_BYTES);
  },
);
