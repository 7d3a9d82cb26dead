import test from "ava";
import { isSecure } from "../../../ops/lab/phone/sdp.ts";
import { DOMAIN } from "./appliance.ts";
import { Lan } from "./line.ts";
import { EngineNode } from "./node.ts";
import { attempt, openActiveNode, openAt } from "./wires.ts";

/* Who speaks SRTP and who does not hear each other. A phone here takes its own kind of offer and refuses the other with 488, and counts
   no packet of SRTP that was not protected with the key it was told. */

const node = new EngineNode("media");
const lan = new Lan(node);

/** A device over UDP that does not answer. */
const SILENT = "192.0.2.125";

const PHONES = {
  plain: { srtp: false },
  a: { srtp: false },
  secure: { srtp: true },
  keys: { srtp: true, transport: "tls" },
  both: { srtp: false, transport: "tls" },
  six: { srtp: false },
} as const;

const addressOf = (phone: string, index: number): string =>
  phone === "six" ? "2001:db8::101" : `192.0.2.${111 + index}`;

const has = (more: Readonly<Record<string, object>> = {}): Promise<void> =>
  node.provision(
    Lan.subscribers({ plain: {}, a: {}, secure: {}, keys: {}, both: {}, six: {}, ...more }),
  );

const reachedBySavp = { preferences: { transport_protocol: "RTP/SAVP" } };

test.before(async () => {
  await openActiveNode(node);
  await has();
  for (const [index, [phone, options]] of Object.entries(PHONES).entries()) {
    await lan.open(phone, { address: addressOf(phone, index), port: 5060 }, options);
    await lan.register(phone);
  }
});

test.after.always(async () => {
  await lan.close();
  await node.remove();
});

const dial = async (caller: string, callee: string, phone = callee): Promise<string> => {
  const arrival = lan.phones.ask({ kind: "arrival", phone });
  const uri = `sip:${callee}@${DOMAIN}`;
  const { status, reason, callId } = await lan.phones.ask({ kind: "call", phone: caller, uri });
  if (status !== 200) throw new Error(`${status} ${reason}`);
  await arrival;
  return callId;
};

const talk = (callId: string, ...sides: readonly string[]): Promise<void> =>
  lan.hear(callId, 10, sides);

/** Both hear each other, also when each of them has offered anew; then the caller hangs up. */
const talkAndOfferAgain = async (callId: string, caller: string, callee: string): Promise<void> => {
  await talk(callId, caller, callee);
  for (const phone of [caller, callee]) {
    const { status, reason } = await lan.phones.ask({ kind: "reinvite", phone, callId });
    if (status !== 200) throw new Error(`${phone} offers again: ${status} ${reason}`);
    await talk(callId, caller, callee);
  }
  await lan.phones.ask({ kind: "bye", phone: caller, callId });
};

for (const [caller, callee, more] of [
  ["plain", "a", {}],
  ["secure", "plain", {}],
  ["plain", "secure", { secure: reachedBySavp }],
  ["secure", "keys", {}],
  ["plain", "keys", { keys: reachedBySavp }],
  ["keys", "plain", {}],
  ["six", "plain", {}],
  ["plain", "six", {}],
  ["secure", "six", {}],
] as const)
  test.serial(
    `${caller} calls ${callee}${"secure" in more || "keys" in more ? ", which is reached by RTP/SAVP" : ""}`,
    async (t) => {
      await has(more);
      await talkAndOfferAgain(await dial(caller, callee), caller, callee);
      t.pass();
    },
  );

test.serial(
  "keys go to nobody when one of the callee's devices is not reached by TLS",
  async (t) => {
    await has();
    const from = `${SILENT}:5060`;
    await openAt(lan, "silent", SILENT);
    const contact = `sip:both@${from}`;
    await attempt(lan, "silent", { from, user: "both", password: "secret-both", contact });
    const callId = await dial("secure", "both");
    const invite = await lan.phones.ask({
      kind: "heard",
      ...{ wire: "silent", wanted: "^INVITE", withinMs: 2000 },
    });
    t.false(isSecure(invite));
    await talkAndOfferAgain(callId, "secure", "both");
  },
);

test.serial("nor when the call may be forwarded", async (t) => {
  await has({ keys: { call_forwards: { cfu: [{ to: "plain" }] } } });
  await talkAndOfferAgain(await dial("secure", "keys", "plain"), "secure", "plain");
  t.pass();
});

test.serial("a relay that was killed knows the keys of both sides", async (t) => {
  await has({ keys: reachedBySavp });
  for (const [caller, callee] of [
    ["secure", "plain"],
    ["secure", "keys"],
  ] as const) {
    const callId = await dial(caller, callee);
    await talk(callId, caller, callee);
    await node.run(`kill -9 ${await node.mainPid("ngcp-rtpengine")}`);
    await talkAndOfferAgain(callId, caller, callee);
  }
  t.pass();
});
