import { createHash } from "node:crypto";
import test from "ava";
import type { ExecutionContext } from "ava";
import { APPLIANCE, DOMAIN, SHARED } from "./appliance.ts";
import { Lan, requestText } from "./line.ts";
import { EngineNode } from "./node.ts";
import { answerText, openActiveNode, openAt, say } from "./wires.ts";

/* Calls to and from peerings: which host is asked first, which one takes over, and what each is told. */

const node = new EngineNode("peers", {
  ...APPLIANCE,
  proxy: { ...APPLIANCE.proxy, peerSilentSeconds: 1 },
});
const lan = new Lan(node);

/** Hosts are wires at 192.0.2.125 and 132; phone c is the host `works`. */
const GROUPS = {
  national: {
    priority: 1,
    rules: [{ callee_prefix: 43 }],
    hosts: {
      first: {
        ip: "192.0.2.125",
        preferences: { peer_auth_user: "tandem", peer_auth_pass: 'semi;colon "quoted"' },
      },
    },
  },
  backup: {
    priority: 2,
    rules: [{ callee_prefix: 43 }, { callee_prefix: 49 }],
    hosts: {
      works: {
        ip: "192.0.2.103",
        port: 5070,
        preferences: { rewrite_rule_set: "plus", outbound_from_domain: "peer.invalid" },
      },
    },
  },
  special: {
    rules: [{ callee_prefix: 4390, stopper: true }],
    hosts: { special: { ip: "192.0.2.126" } },
  },
};

const PLUS = {
  plus: {
    rules: [
      { direction: "out", field: "callee", match: "^(\\d+)$", replace: "+\\1" },
      { direction: "out", field: "caller", match: "^(\\d+)$", replace: "+\\1" },
      { direction: "in", field: "caller", match: "^\\+(\\d+)$", replace: "\\1" },
      { direction: "in", field: "callee", match: "^\\+(\\d+)$", replace: "\\1" },
    ],
  },
};

const has = (a: object, b: object = {}): Promise<void> =>
  node.provision({
    ...Lan.subscribers({
      a: { numbers: ["4319001"], preferences: a },
      b: { numbers: ["4319002"], ...b },
    }),
    rewrite_rule_sets: PLUS,
    peer_groups: GROUPS,
  });

const call = (number: string): Promise<{ status: number; reason: string; callId: string }> =>
  lan.phones.ask({ kind: "call", phone: "a", uri: `sip:${number}@${DOMAIN}` });

const heard = (wire: string, wanted: string): Promise<string> =>
  lan.phones.ask({ kind: "heard", wire, wanted, withinMs: 10_000 });

/** Ends the call that host `works` took; answers the INVITE that it got and the marks of the start record. */
const finish = async (callId: string): Promise<{ invite: string; row: string }> => {
  const { callId: there } = await lan.phones.ask({ kind: "arrival", phone: "works" });
  await lan.phones.ask({ kind: "bye", phone: "a", callId });
  return lan.delivered("works", callId, there);
};

test.before(async () => {
  await openActiveNode(node);
  await has({});
  await lan.openBoth();
  await lan.open("works", { address: "192.0.2.103", port: 5070 });
  await openAt(lan, "first", "192.0.2.125");
  await openAt(lan, "special", "192.0.2.126");
});

test.after.always(async () => {
  await lan.close();
  await node.remove();
});

test.serial(
  "a number of nobody goes to the peer whose rules take it, as its rules write it",
  async (t) => {
    await has({});
    const { status, callId } = await call("4930123");
    t.is(status, 200);
    const { invite, row } = await finish(callId);
    t.regex(invite, /^INVITE sip:\+4930123@192\.0\.2\.103:5070/);
    t.regex(invite, /^From: <sip:\+4319001@peer\.invalid>;tag=/m);
    t.regex(invite, /^P-Asserted-Identity: <sip:\+4319001@peer\.invalid>\r$/m);
    t.notRegex(invite, /P-NGCP|127\.0\.0\.1/);
    t.is(row, "200 4930123 peer=works");
  },
);

test.serial("a peer learns a hidden number, and that it is not to be shown", async (t) => {
  await has({ clir: true });
  const { invite } = await finish((await call("4930123")).callId);
  t.regex(invite, /^From: "?Anonymous"? <sip:anonymous@anonymous\.invalid>;tag=/m);
  t.regex(invite, /^P-Asserted-Identity: <sip:\+4319001@/m);
  t.regex(invite, /^Privacy: id\r$/m);
});

test.serial("the group of the lower priority is next when a peer is broken", async (t) => {
  await has({});
  const setUp = call("4311234");
  const invite = await heard("first", "^INVITE ");
  t.regex(invite, /^INVITE sip:4311234@192\.0\.2\.125/);
  await say(lan, "first", [answerText(invite, "503 Service Unavailable", [])]);
  const { callId } = await setUp;
  t.is((await finish(callId)).row, "200 4311234 peer=works");
});

/** Sets a call up that the host `first` wants a password for; answers the credentials that come, once it has refused the call. */
const credentialsFor = async (t: ExecutionContext, number: string): Promise<string> => {
  const setUp = call(number);
  const invite = await heard("first", "^INVITE ");
  t.notRegex(invite, /^P-NGCP|Authorization/m);
  const challenge = 'Proxy-Authenticate: Digest realm="first", nonce="once"';
  await say(lan, "first", [answerText(invite, "407 Proxy Authentication Required", [challenge])]);
  const again = await heard("first", "^INVITE ");
  await say(lan, "first", [answerText(again, "486 Busy Here", [])]);
  t.is((await setUp).status, 486);
  const [, uri = ""] = /^INVITE (\S+) /.exec(again) ?? [];
  const [credentials = ""] = /^Proxy-Authorization: .*$/m.exec(again) ?? [];
  return `${credentials} of ${uri}`;
};

/** Whether credentials are those of a user and its password. */
const areOf = (
  t: ExecutionContext,
  credentials: string,
  [user, password]: [string, string],
): void => {
  const [, response = "", uri = ""] =
    /^Proxy-Authorization: .*response="([0-9a-f]{32})".* of (.*)$/s.exec(credentials) ?? [];
  t.regex(credentials, new RegExp(`username="${user}", ?realm="first", ?nonce="once"`));
  const md5 = (text: string): string => createHash("md5").update(text).digest("hex");
  t.is(response, md5(`${md5(`${user}:first:${password}`)}:once:${md5(`INVITE:${uri}`)}`));
};

const ACCOUNT = {
  ...{ peer_auth_user: "acc17", peer_auth_pass: "of the account", peer_auth_realm: "first" },
};

test.serial(
  "a peer that wants a password and says for what gets the one that it knows us by",
  async (t) => {
    areOf(t, await credentialsFor(t, "4311236"), ["tandem", 'semi;colon "quoted"']);
  },
);

test.serial("the account that the caller has with the peer comes before it", async (t) => {
  await has(ACCOUNT);
  areOf(t, await credentialsFor(t, "4311237"), ["acc17", "of the account"]);
  await has({ ...ACCOUNT, peer_auth_registrar_server: "works" });
  areOf(t, await credentialsFor(t, "4311238"), ["tandem", 'semi;colon "quoted"']);
});

test.serial(
  "an emergency goes with the host's password, whatever the caller's account is worth",
  async (t) => {
    await has(ACCOUNT);
    const emergency = { [DOMAIN]: { preferences: { emergency_numbers: ["4311241"] } } };
    await node.provision({ domains: emergency });
    areOf(t, await credentialsFor(t, "4311241"), ["tandem", 'semi;colon "quoted"']);
  },
);

test.serial("with the tables of the package before, the host's password is the one", async (t) => {
  await has(ACCOUNT);
  await node.sql("drop function peer_auth");
  areOf(t, await credentialsFor(t, "4311240"), ["tandem", 'semi;colon "quoted"']);
  await node.run("mariadb </usr/share/ngcp/migrations/0016-peer-accounts.sql");
});

test.serial("and that of who sends a call on before the caller's", async (t) => {
  await has({}, { call_forwards: { cfu: "4311239" }, preferences: ACCOUNT });
  areOf(t, await credentialsFor(t, "b"), ["acc17", "of the account"]);
  await has({});
});

test.serial("and when it wants a password, which is no wrong one of the caller's", async (t) => {
  const setUp = call("4311234");
  const invite = await heard("first", "^INVITE ");
  await say(lan, "first", [answerText(invite, "407 Proxy Authentication Required", [])]);
  const { callId } = await setUp;
  t.is((await finish(callId)).row, "200 4311234 peer=works");
});

test.serial("and when it is silent", async (t) => {
  const setUp = call("4311234");
  await heard("first", "^INVITE ");
  const { callId } = await setUp;
  t.is((await finish(callId)).row, "200 4311234 peer=works");
});

test.serial("what a peer says of the callee is passed on", async (t) => {
  const setUp = call("4311235");
  const invite = await heard("first", "^INVITE sip:4311235");
  await say(lan, "first", [answerText(invite, "486 Busy Here", [])]);
  t.is((await setUp).status, 486);
});

test.serial("a stopper leaves the shorter prefixes out", async (t) => {
  const setUp = call("4390123");
  const invite = await heard("special", "^INVITE ");
  await say(lan, "special", [answerText(invite, "503 Service Unavailable", [])]);
  const { status, reason } = await setUp;
  t.is(`${status} ${reason}`, "502 Bad Gateway");
});

test.serial("a number that no rule takes, and a lock for foreign calls", async (t) => {
  t.is((await call("1555")).status, 404);
  await has({ lock: "foreign" });
  const { status, reason } = await call("4930123");
  t.is(`${status} ${reason}`, "403 Caller locked");
});

test.serial("from a peer's address, too, anything but a call needs a password", async (t) => {
  const refer = requestText({
    uri: `sip:4319002@${SHARED.v4}`,
    from: "192.0.2.126",
    method: "REFER",
    user: "4366012",
    headers: ["Refer-To: <sip:4390123@test.invalid>", "Contact: <sip:4366012@192.0.2.126:5060>"],
  });
  await say(lan, "special", [refer]);
  t.regex(await heard("special", "^SIP/2.0 [2-6]"), /^SIP\/2\.0 40[37] /);
});

test.serial(
  "a peer calls a subscriber by its number without a password, and nobody else",
  async (t) => {
    await has({});
    const invite = (callee: string): string =>
      requestText({
        uri: `sip:${callee}@${SHARED.v4}`,
        from: "192.0.2.126",
        method: "INVITE",
        user: "4366012",
        headers: ["Contact: <sip:4366012@192.0.2.126:5060>"],
      });
    await say(lan, "special", [invite("4319002")]);
    t.regex(await heard("special", "^SIP/2.0 [2-6]"), /^SIP\/2\.0 200 OK\r/);
    const texts = await lan.phones.ask({ kind: "transcript", phone: "b" });
    t.regex(
      texts.findLast((text) => text.startsWith("INVITE")) ?? "",
      /^P-Asserted-Identity: <sip:4366012@/m,
    );
    await say(lan, "special", [invite("4930123")]);
    t.regex(await heard("special", "^SIP/2.0 [3-6]"), /^SIP\/2\.0 404 Not Found\r/);
  },
);

test.serial(
  "a peer that calls itself by a subscriber's name has its calls as its own",
  async (t) => {
    await has({});
    const arrival = lan.phones.ask({ kind: "arrival", phone: "b" });
    const headers = ["Contact: <sip:a@192.0.2.126:5060>"];
    await say(lan, "special", [
      requestText({
        uri: `sip:b@${DOMAIN}`,
        from: "192.0.2.126",
        method: "INVITE",
        user: "a",
        headers,
      }),
    ]);
    t.regex(await heard("special", "^SIP/2.0 [2-6][^]*<sip:a@"), /^SIP\/2\.0 200 OK\r/);
    const { callId } = await arrival;
    t.regex(
      await node.sql(`select src_leg from acc where callid = '${callId}'`),
      /^peer=special;cli=[^;]*;clir=0$/,
    );
  },
);
