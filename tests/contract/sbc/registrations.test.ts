import test from "ava";
import type { ExecutionContext } from "ava";
import { XmlRpcClient } from "@foxglove/xmlrpc";
import { z } from "zod";
import { askSbc } from "../../../components/sbc/control/client.ts";
import type { RegistrationLine } from "../../../components/sbc/control/contract.ts";
import { parseDigest } from "../../../components/sbc/sip/digest.ts";
import { headerValue } from "../../../components/sbc/sip/header.ts";
import { until } from "../sip/until.ts";
import type { Arrival } from "./registrar.ts";
import { holds, LIMIT_MS, recordsOf, Roll, subscriber } from "./roll.ts";
import type { Site } from "./roll.ts";

/* Accounts in a real MariaDB, records in real Redis servers, real processes that are killed, and a registrar with digest. */

const roll = new Roll("roll");

test.before(() => roll.open());
test.after.always(() => roll.remove());

const lines = async ({ pair }: Site): Promise<readonly RegistrationLine[]> => {
  const found: RegistrationLine[] = [];
  const at = { address: "127.0.0.1", port: pair.controlPort };
  let skip: number | undefined;
  do {
    const page = await askSbc({ command: "registrations", skip }, at);
    found.push(...page.registrations);
    skip = page.next;
  } while (skip !== undefined);
  return found;
};

const lineOf = async (site: Site, user: string): Promise<RegistrationLine | undefined> =>
  (await lines(site)).find(({ username }) => username === user);

const statusesOf = (arrivals: readonly Arrival[]): readonly number[] =>
  arrivals.map(({ status }) => status);

const credentialsOf = ({ request }: Arrival) =>
  parseDigest(headerValue(request, "Authorization") ?? "");

/** Instants are dates there. */
const dated = ({ expiresAt, nextAt, ...line }: RegistrationLine): object => ({
  ...line,
  ...(expiresAt === undefined ? {} : { expiresAt: toSecond(new Date(expiresAt)) }),
  ...(nextAt === undefined ? {} : { nextAt: toSecond(new Date(nextAt)) }),
});

/** XML-RPC knows no parts of seconds. */
const toSecond = (date: Date): string => date.toISOString().slice(0, 19);

const Page = z.object({
  registrations: z.array(
    z.looseObject({ expiresAt: z.date().optional(), nextAt: z.date().optional() }),
  ),
});

/** XML-RPC lists what the control socket lists. */
const sameByXmlRpc = async (t: ExecutionContext, site: Site): Promise<void> => {
  const client = new XmlRpcClient(`http://127.0.0.1:${site.xmlRpcPort}/RPC2`);
  const page = async (...params: number[]): Promise<readonly object[]> => {
    const { registrations } = Page.parse(await client.methodCall("get_registrations", params));
    return registrations.map(({ expiresAt, nextAt, ...line }) => ({
      ...line,
      ...(expiresAt === undefined ? {} : { expiresAt: toSecond(expiresAt) }),
      ...(nextAt === undefined ? {} : { nextAt: toSecond(nextAt) }),
    }));
  };
  const all = (await lines(site)).map(dated);
  t.is(await client.methodCall("registrations"), all.length);
  t.deepEqual(await page(), all);
  t.deepEqual(await page(2), all.slice(2));
  await t.throwsAsync(client.methodCall("get_registrations", [-1]), { message: /number of lines/ });
};

for (const algorithm of ["MD5", "SHA-256"] as const)
  test.serial(`an account is registered and renewed in time, by ${algorithm}`, async (t) => {
    await roll.provision({ "alice@test.invalid": subscriber(1) });
    const site = await roll.site(t, {}, [algorithm]);
    const { registrar } = site;
    registrar.granted = 4;
    await holds(() => registrar.of("acc1").length >= 4);
    const [first, second, third] = registrar.of("acc1");
    if (first === undefined || second === undefined || third === undefined) return t.fail();
    t.deepEqual(statusesOf([first, second, third]), [401, 200, 200]);
    const { request } = second;
    t.is(request.uri, "sip:isp.invalid");
    t.is(request.to.uri, "sip:acc1@isp.invalid");
    t.is(headerValue(request, "Contact"), "<sip:4930001@198.51.100.1>");
    t.is(headerValue(request, "Expires"), "3600");
    t.is(headerValue(request, "P-NGCP-Next-Hop"), "sip:192.0.2.10:5062;transport=udp");
    t.is(credentialsOf(second)?.get("algorithm"), algorithm);
    t.is(credentialsOf(third)?.get("nc"), "00000002");
    t.is(third.request.callId, request.callId);
    t.is(third.request.cseq.sequence, request.cseq.sequence + 1);
    t.true(third.at - second.at >= 2_700);
    t.is(registrar.backwards, 0);
    const line = await lineOf(site, "acc1");
    t.like(line, {
      subscriber: "alice@test.invalid",
      registrar: "isp.invalid",
      contact: "sip:4930001@198.51.100.1",
      reason: undefined,
    });
  });

test.serial("what a registrar refuses is shown, tried again, and put right", async (t) => {
  await roll.provision({
    "alice@test.invalid": subscriber(1),
    "bob@test.invalid": subscriber(2, { password: "wrong" }),
    "carol@test.invalid": subscriber(3),
    "dave@test.invalid": subscriber(4, { more: { peer_auth_realm: "nobody.invalid" } }),
    "erin@test.invalid": { ...subscriber(5), numbers: [] },
  });
  const site = await roll.site(t, { registrationExpiresSeconds: 60 });
  const { registrar } = site;
  registrar.refusal = (user) => {
    const turn = registrar.of(user).length;
    if (user === "acc1" && turn === 0)
      return { status: 423, headers: [{ name: "Min-Expires", value: "90" }] };
    return user === "acc3" && turn === 0
      ? { status: 503, headers: [{ name: "Retry-After", value: "1" }] }
      : undefined;
  };
  await holds(() => registrar.bindings.has("acc1") && registrar.bindings.has("acc3"));
  t.deepEqual(statusesOf(registrar.of("acc1")), [423, 401, 200]);
  const expires = registrar.of("acc1").map(({ request }) => headerValue(request, "Expires"));
  t.deepEqual(expires, ["60", "90", "90"]);
  t.deepEqual(statusesOf(registrar.of("acc3")), [503, 401, 200]);
  await until(async () => (await lineOf(site, "acc2"))?.reason !== undefined, LIMIT_MS);
  t.like(await lineOf(site, "acc2"), {
    state: "unregistered",
    reason: "user name or password is wrong",
  });
  t.like(await lineOf(site, "acc4"), {
    state: "impossible",
    reason: "no enabled peer host has the name, host or address nobody.invalid",
  });
  t.like(await lineOf(site, "acc5"), {
    state: "impossible",
    reason: "the subscriber has no number that the peer could call",
  });
  await roll.tool(["change", "subscriber", "bob@test.invalid", "preferences.peer_auth_pass=word"]);
  await holds(() => registrar.bindings.has("acc2"));
  await until(async () => (await lineOf(site, "acc2"))?.state === "registered", LIMIT_MS);
  t.is((await lineOf(site, "acc2"))?.reason, undefined);
  t.is(registrar.backwards, 0);
  await sameByXmlRpc(t, site);
});

test.serial(
  "an account that is taken away is forgotten by the registrar and by Redis",
  async (t) => {
    const { pair, registrar } = await roll.siteOfTwo(t);
    await until(async () => (await pair.registrations()).length === 2, LIMIT_MS);
    await roll.takeAway("alice@test.invalid");
    await holds(() => !registrar.bindings.has("acc1"));
    await until(async () => (await pair.registrations()).length === 1, LIMIT_MS);
    const last = registrar.of("acc1").at(-1);
    t.is(last?.request.callId, registrar.of("acc1")[0]?.request.callId);
    t.true(registrar.bindings.has("acc2"));
  },
);

const COUNT = 1_000;
const PER_SECOND = 100;

test.serial(
  "1,000 accounts go on after process and Redis are killed, without a storm",
  async (t) => {
    const all = Array.from({ length: COUNT }, (_, index) => [
      `user${index}@test.invalid`,
      subscriber(index),
    ]);
    await roll.provision(Object.fromEntries(all) as Readonly<Record<string, object>>);
    const site = await roll.site(t, { registrationsPerSecond: PER_SECOND });
    const { pair, registrar } = site;
    registrar.granted = 60;
    await holds(() => registrar.bindings.size === COUNT);
    const settled = async (): Promise<boolean> => {
      const records = await recordsOf(pair);
      return records.filter(({ expiresAt }) => expiresAt !== undefined).length === COUNT;
    };
    await until(settled, LIMIT_MS);
    const before = new Map(registrar.bindings);
    await pair.die();
    // Until all are overdue nobody is there: that is the storm that could be.
    const records = await recordsOf(pair);
    const latest = Math.max(...records.map(({ dueAt }) => dueAt));
    await holds(() => Date.now() > latest);
    const seen = registrar.arrivals.length;
    const startedAt = Date.now();
    const [, redis] = pair.redisPorts;
    await pair.startProcess(redis).ready();
    const refreshed = (): boolean =>
      [...registrar.bindings].every(
        ([user, { sequence }]) => sequence > (before.get(user)?.sequence ?? 0),
      );
    await holds(refreshed);
    const after = registrar.arrivals.slice(seen);
    for (const [user, binding] of registrar.bindings)
      t.is(before.get(user)?.callId, binding.callId);
    t.is(registrar.backwards, 0);
    // The nonces go on too: nobody is asked anew.
    t.true(after.every(({ status }) => status === 200));
    // A late look at them makes it seem slower, never faster.
    for (const [index, { at }] of after.entries())
      t.true(index <= ((at - startedAt) * PER_SECOND) / 1_000 + 1);
    const [first, last] = [after[0]?.at ?? 0, after.at(-1)?.at ?? 0];
    t.log(`${after.length} REGISTERs in ${((last - first) / 1_000).toFixed(1)} s`);
    t.is((await lines(site)).filter(({ state }) => state === "registered").length, COUNT);
  },
);
