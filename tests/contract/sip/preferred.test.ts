import test from "ava";
import { APPLIANCE, DOMAIN, SHARED } from "./appliance.ts";
import { Lan, requestText } from "./line.ts";
import { EngineNode } from "./node.ts";
import { answerText, attempt, dump, open, openActiveNode, openAt, say, statusOf } from "./wires.ts";

/* Which number a subscriber may show as its own, and networks that are trusted. */

const OFFICE = "192.0.2.112/28";
const IN_OFFICE = "192.0.2.118";
const A = "192.0.2.101";
const B = "192.0.2.102";

const node = new EngineNode("preferred", {
  ...APPLIANCE,
  lb: { ...APPLIANCE.lb, trustedSources: [OFFICE] },
});
const lan = new Lan(node);

test.before(async () => {
  await openActiveNode(node);
  await node.provision(
    Lan.subscribers({
      a: { numbers: ["4319001"], preferences: { allowed_clis: ["43199*", "4380?"] } },
      b: { numbers: ["4319002"] },
    }),
  );
  await open(lan, "a", A);
  await openAt(lan, "b", B, 5999);
  const registered = await attempt(lan, "b", { from: B, user: "b", password: "secret-b" });
  if (statusOf(registered) !== 200) throw new Error(registered);
});

test.after.always(async () => {
  await lan.close();
  await node.remove();
});

/** The user of From in the message that b gets, when a asks for this number to be shown. */
const shownAs = async (preferred: string): Promise<string> => {
  const sent = attempt(lan, "a", {
    from: A,
    password: "secret-a",
    message: `sip:b@${DOMAIN}`,
    headers: [`P-Preferred-Identity: <sip:${preferred}@${DOMAIN}>`],
  });
  const got = await lan.phones.ask({
    kind: "heard",
    wire: "b",
    wanted: "^MESSAGE ",
    withinMs: 5000,
  });
  await say(lan, "b", [answerText(got, "200 OK", [])]);
  await sent;
  return /^From: .*<sip:([^@]*)@/m.exec(got)?.[1] ?? got;
};

test.serial("a subscriber shows the number of allowed_clis that it asks for", async (t) => {
  t.is(await shownAs("4319912"), "4319912");
  t.is(await shownAs("43801"), "43801");
});

test.serial("and its own where the number is nowhere in the list", async (t) => {
  t.is(await shownAs("4318888"), "4319001");
  t.is(await shownAs("438012"), "4319001");
});

test.serial("a trusted network is banned for no flood and no wrong password", async (t) => {
  await open(lan, "office", IN_OFFICE);
  const flood = Array.from({ length: 200 }, () =>
    requestText({ uri: `sip:${SHARED.v4}`, from: IN_OFFICE }),
  );
  await say(lan, "office", flood);
  await open(lan, "desk", IN_OFFICE);
  const guess = { from: IN_OFFICE, password: "wrong" };
  for (let round = 0; round < APPLIANCE.lb.failedAuthAttempts + 2; round += 1)
    t.is(statusOf(await attempt(lan, "desk", guess)), 401, `guess ${round}`);
  t.false((await dump(node, "ipban")).includes(IN_OFFICE));
  t.false((await dump(node, "userban")).includes(IN_OFFICE));
  t.is(statusOf(await attempt(lan, "desk", { ...guess, password: "secret-a" })), 200);
});

test.serial("and the address beside it is", async (t) => {
  const beside = "192.0.2.128";
  await open(lan, "beside", beside);
  for (let round = 0; round < APPLIANCE.lb.failedAuthAttempts; round += 1)
    await attempt(lan, "beside", { from: beside, password: "wrong" });
  t.true((await dump(node, "userban")).includes(beside));
});
