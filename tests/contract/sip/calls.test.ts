import test from "ava";
import { DOMAIN, SHARED } from "./appliance.ts";
import { Cdrs } from "./cdrs.ts";
import { Lan } from "./line.ts";
import { EngineNode } from "./node.ts";
import { attempt, open, openActiveNode, statusOf } from "./wires.ts";

/* What is provisioned decides each call: one story for each sentence of the proxy's routing. */

const node = new EngineNode("calls");
const lan = new Lan(node);
const cdrs = new Cdrs(node);

const A_NUMBER = "4319001";
const B_NUMBERS = ["4319002", "4319003"];

const RULES = {
  austria: {
    rules: [
      { direction: "in", field: "caller", match: "^0([1-9]\\d+)$", replace: "${caller_cc}\\1" },
      { direction: "in", field: "callee", match: "^00([1-9]\\d+)$", replace: "\\1" },
      { direction: "in", field: "callee", match: "^0([1-9]\\d+)$", replace: "${caller_cc}\\1" },
      {
        direction: "in",
        field: "callee",
        match: "^([1-9]\\d+)$",
        replace: "${caller_cc}${caller_ac}\\1",
      },
      { direction: "out", field: "caller", match: "^43([1-9]\\d+)$", replace: "0\\1" },
      { direction: "out", field: "caller", match: "^([1-9]\\d+)$", replace: "00\\1" },
    ],
  },
};

const alone = { ...Lan.subscribers(), rewrite_rule_sets: RULES };

/** Provisions what the two phones have beside their passwords. */
const has = (
  a: object,
  b: object = {},
  more: Readonly<Record<string, object>> = {},
): Promise<void> =>
  node.provision({
    ...Lan.subscribers({ a: { numbers: [A_NUMBER], ...a }, b: { numbers: B_NUMBERS, ...b } }),
    ...more,
  });

interface Told {
  readonly answer: string;
  readonly callId: string;
}

const call = async (callee: string): Promise<Told> => {
  const uri = callee.startsWith("sip:") ? callee : `sip:${callee}@${DOMAIN}`;
  const { status, reason, callId } = await lan.phones.ask({ kind: "call", phone: "a", uri });
  return { answer: `${status} ${reason}`, callId };
};

/** Calls, expects an answer and hangs up; answers the INVITE that the callee got. */
const inviteOf = async (callee: string): Promise<string> => {
  const arrival = lan.phones.ask({ kind: "arrival", phone: "b" });
  const { answer, callId } = await call(callee);
  if (!answer.startsWith("200")) throw new Error(`${callee}: ${answer}`);
  await arrival;
  await lan.phones.ask({ kind: "bye", phone: "a", callId });
  const heard = await lan.phones.ask({ kind: "transcript", phone: "b" });
  return heard.findLast((text) => text.startsWith("INVITE") && text.includes(callId)) ?? "";
};

/** The rows of a call: method, code, caller, whom it reached, and the marks on both sides. */
const rows = (callId: string): Promise<string> =>
  node.sql(
    `select concat_ws(' ', method, sip_code, src_user, dst_ouser, dst_user, src_leg, dst_leg) from acc where callid = '${callId}' order by id`,
  );

test.before(async () => {
  await openActiveNode(node);
  await node.provision(alone);
  await lan.openBoth();
});

test.after.always(async () => {
  await cdrs.close();
  await lan.close();
  await node.remove();
});

test.serial("every number and alias of a subscriber reaches it", async (t) => {
  await has({}, { aliases: ["office"] });
  for (const callee of ["b", "office", "4319002", "+4319003"])
    t.regex(await inviteOf(callee), /^INVITE sip:b@192\.0\.2\.102/, callee);
  t.is((await call("4319004")).answer, "404 Not Found");
});

test.serial("a start record names both subscribers, and whom the caller dialled", async (t) => {
  await has({});
  const { callId } = await call("4319003");
  await lan.phones.ask({ kind: "bye", phone: "a", callId });
  const [invite = ""] = (await rows(callId)).split("\n");
  t.like(await cdrs.of(callId), {
    ...{ call_type: "call", call_status: "ok", source_user: "a", source_cli: A_NUMBER },
    ...{ destination_user_dialed: "4319003", destination_user: "b", destination_domain: DOMAIN },
  });
  const uuid = (user: string): Promise<string> =>
    node.sql(`select uuid from subscriber where username = '${user}'`);
  t.is(
    invite,
    `INVITE 200 a 4319003 b uuid=${await uuid("a")};cli=${A_NUMBER};clir=0 uuid=${await uuid("b")}`,
  );
});

test.serial("numbers are dialled as the caller's rules allow, and become E.164", async (t) => {
  await has({ preferences: { rewrite_rule_set: "austria", cc: "43", ac: "1" } });
  for (const dialled of ["004319002", "019002", "9002"])
    t.regex(await inviteOf(dialled), /^INVITE sip:b@/, dialled);
  t.is((await call("29002")).answer, "404 Not Found");
});

test.serial(
  "the callee sees the caller's primary number, as its own rules write numbers",
  async (t) => {
    await has({}, { preferences: { rewrite_rule_set: "austria" } });
    const invite = await inviteOf("b");
    t.regex(invite, /^From: <sip:019001@test\.invalid>;tag=/m);
    t.regex(invite, /^P-Asserted-Identity: <sip:019001@test\.invalid>\r$/m);
    t.notRegex(invite, /^Privacy/m);
  },
);

test.serial("a number of the preference cli is shown instead of the primary one", async (t) => {
  await has({ preferences: { cli: "4318000" } });
  t.regex(await inviteOf("b"), /^P-Asserted-Identity: <sip:4318000@test\.invalid>\r$/m);
});

test.serial("a hidden number is nowhere in what the callee gets", async (t) => {
  await has({ preferences: { clir: true } });
  const invite = await inviteOf("b");
  t.regex(invite, /^From: "?Anonymous"? <sip:anonymous@anonymous\.invalid>;tag=/m);
  t.regex(invite, /^Privacy: id\r$/m);
  t.notRegex(invite, /4319001|P-Asserted-Identity|sip:a@test/);
});

for (const [lock, calls, isCalled] of [
  ["none", "200 OK", "200 OK"],
  ["outgoing", "403 Caller locked", "200 OK"],
  ["all", "403 Caller locked", "480 Offline"],
] as const)
  test.serial(
    `the lock ${lock}: ${calls} for its calls, ${isCalled} for calls to it`,
    async (t) => {
      await has({ preferences: { lock } });
      const outgoing = await call("b");
      t.is(outgoing.answer, calls);
      await has({}, { preferences: { lock } });
      const incoming = await call("b");
      t.is(incoming.answer, isCalled);
      for (const { answer, callId } of [outgoing, incoming])
        if (answer.startsWith("200")) await lan.phones.ask({ kind: "bye", phone: "a", callId });
        else t.regex(await rows(callId), new RegExp(`^INVITE ${answer.slice(0, 3)} a b`));
    },
  );

test.serial("a locked customer neither calls nor registers", async (t) => {
  await has({}, {}, { customers: { "the customer": { status: "locked" } } });
  t.is((await call("b")).answer, "403 Caller locked");
  const registered = await lan.phones.ask({ kind: "register", phone: "a", expiresSeconds: 600 });
  t.is(`${registered.status} ${registered.reason}`, "403 Caller locked");
  await has({});
  const again = await lan.phones.ask({ kind: "register", phone: "a", expiresSeconds: 600 });
  t.is(again.status, 200);
});

const REFUSALS: readonly (readonly [string, object, object, string])[] = [
  ["the caller's list", { block_out_list: ["43190*"] }, {}, "403 Blocked by Caller"],
  ["the operator's list of the caller", { adm_block_out_list: ["b"] }, {}, "403 Blocked by Admin"],
  [
    "a caller that may call some numbers alone",
    { block_out_mode: true, block_out_list: ["4918?"] },
    {},
    "403 Blocked by Caller",
  ],
  ["the callee's list", {}, { block_in_list: [A_NUMBER] }, "403 Blocked by Callee"],
  ["the operator's list of the callee", {}, { adm_block_in_list: ["a"] }, "403 Blocked by Admin"],
  ["a callee that nobody may call", {}, { block_in_mode: true }, "403 Blocked by Callee"],
  ["a hidden number", { clir: true }, { block_in_clir: true }, "403 Blocked by Callee"],
  [
    "a hidden number, for the operator",
    { clir: true },
    { adm_block_in_clir: true },
    "403 Blocked by Admin",
  ],
];

for (const [what, a, b, answer] of REFUSALS)
  test.serial(`${what} refuses a call with ${answer}`, async (t) => {
    await has({ preferences: a }, { preferences: b });
    const refused = await call(
      what.startsWith("the operator's list of the caller") ? "b" : "4319002",
    );
    t.is(refused.answer, answer);
    t.regex(await rows(refused.callId), /^INVITE 403 a /);
    await has({});
    t.regex(await inviteOf("4319002"), /^INVITE sip:b@/, "in force at the next call");
  });

test.serial("lists of those who may: numbers on them get through, by wildcard too", async (t) => {
  await has(
    { preferences: { block_out_mode: true, block_out_list: ["431900?"] } },
    { preferences: { block_in_mode: true, block_in_list: ["431*"] } },
  );
  t.regex(await inviteOf("4319002"), /^INVITE sip:b@/);
});

test.serial(
  "an emergency number is reached in spite of lock and lists, with the number",
  async (t) => {
    const customers = {
      "the customer": { preferences: { emergency_numbers: ["112", "4319002"] } },
    };
    const preferences = {
      lock: "all",
      clir: true,
      block_out_list: ["*"],
      adm_block_out_list: ["*"],
    };
    await has({ preferences }, {}, { customers });
    const invite = await inviteOf("4319002");
    t.regex(invite, /^P-Asserted-Identity: <sip:4319001@/m);
    t.is((await call("4319003")).answer, "403 Caller locked");
    await has({}, {}, { customers: { "the customer": {} } });
  },
);

test.serial("nor do locks and lists of the callee's side stop an emergency call", async (t) => {
  const customers = { "the customer": { preferences: { emergency_numbers: ["4319002"] } } };
  const refusing = { lock: "all", block_in_list: ["*"], adm_block_in_list: ["*"] };
  await has({}, { preferences: refusing }, { customers });
  t.regex(await inviteOf("4319002"), /^INVITE sip:b@/);
  // Locked as well, and no emergency: a number of the same subscriber.
  t.is((await call("4319003")).answer, "480 Offline");
  await has({}, {}, { customers: { "the customer": {} } });
});

test.serial("who names nobody in From is known by the credentials, and hidden", async (t) => {
  await has({});
  await open(lan, "private", "192.0.2.123");
  const from = "192.0.2.123";
  const asked = { from, password: "secret-a", user: "a", address: "anonymous" };
  const domain = "anonymous.invalid";
  const refused = await attempt(lan, "private", {
    ...asked,
    domain,
    message: "sip:b@elsewhere.invalid",
  });
  t.is(statusOf(refused), 403, "no domain of ours is named");
  const wrong = { ...asked, domain, password: "wrong", message: `sip:b@${DOMAIN}` };
  t.is(statusOf(await attempt(lan, "private", wrong)), 407);
  for (const [uri, headers] of [
    [`sip:b@${DOMAIN}`, []],
    [`sip:b@${SHARED.v4}`, [`P-Preferred-Identity: <sip:a@${DOMAIN}>`]],
  ] as const) {
    const callId = `private-${headers.length}`;
    const contact = `Contact: <sip:a@${from}:5999>`;
    const call = { ...asked, domain, callId, message: uri, method: "INVITE" };
    await attempt(lan, "private", { ...call, headers: [contact, ...headers] });
    t.regex(
      await node.sql(
        `select concat_ws(' ', src_user, src_domain, src_leg) from acc where callid = '${callId}' limit 1`,
      ),
      new RegExp(`^a ${DOMAIN} uuid=[0-9a-f-]{36};cli=4319001;clir=1`),
    );
  }
});

test.serial("what a phone says of others who called or forwarded is left out", async (t) => {
  await has({});
  await open(lan, "told", "192.0.2.121");
  const answer = await attempt(lan, "told", {
    from: "192.0.2.121",
    password: "secret-a",
    message: `sip:b@${DOMAIN}`,
    headers: [
      "Subject: told",
      "Remote-Party-ID: <sip:4318000@test.invalid>",
      "Diversion: <sip:4318000@test.invalid>;reason=unknown",
      "History-Info: <sip:4318000@test.invalid>;index=1",
    ],
  });
  t.true(statusOf(answer) > 0, answer);
  const heard = await lan.phones.ask({ kind: "transcript", phone: "b" });
  const message = heard.findLast((text) => text.startsWith("MESSAGE")) ?? "";
  t.regex(message, /^Subject: told\r$/m);
  t.notRegex(message, /4318000|Remote-Party-ID|Diversion|History-Info/i);
});
