import test from "ava";
import { z } from "zod";
import { headerValue } from "../../../components/sbc/sip/header.ts";
import { until } from "../sip/until.ts";
import { holds, LIMIT_MS, recordsOf, Roll, subscriber } from "./roll.ts";

/* Registrations beside stores that take nothing: a Redis that is full, and a MariaDB that is not open yet. */

const roll = new Roll("roll-faults");

test.before(() => roll.open());
test.after.always(() => roll.remove());

test.serial(
  "no REGISTER leaves whose number Redis has not, and all go on as soon as it takes them",
  async (t) => {
    await roll.provision({ "alice@test.invalid": subscriber(1) });
    const { pair, registrar } = await roll.site(t, {});
    registrar.granted = 4;
    await holds(() => registrar.bindings.has("acc1"));
    await pair.fill(true);
    const [text = ""] = await pair.registrations(0);
    const { sequence, dueAt } = z
      .object({ sequence: z.number(), dueAt: z.number() })
      .parse(JSON.parse(text));
    // Long after the next one would have been sent, if the record is that of one under way too.
    const late = Math.max(dueAt, Date.now() + 1_000 * registrar.granted) + 2_000;
    await holds(() => Date.now() > late);
    const highest = (): number =>
      Math.max(...registrar.of("acc1").map(({ request }) => request.cseq.sequence));
    t.true(highest() <= sequence);
    await pair.fill(false);
    await holds(() => highest() > sequence);
    t.is(registrar.backwards, 0);
  },
);

test.serial(
  "an account that a node which took over does not have yet stays registered until the database is open",
  async (t) => {
    const { pair, registrar } = await roll.siteOfTwo(t, 6);
    const written = async (): Promise<boolean> =>
      (await recordsOf(pair)).filter(({ expiresAt }) => expiresAt !== undefined).length === 2;
    await until(written, LIMIT_MS);
    await pair.die();
    await roll.takeAway("alice@test.invalid");
    roll.purse.forbidWriting();
    const seen = registrar.of("acc1").length;
    const [, redis] = pair.redisPorts;
    await pair.startProcess(redis).ready();
    // Three renewals take longer than two looks.
    await holds(() => registrar.of("acc1").length >= seen + 3);
    const left = registrar
      .of("acc1")
      .filter(({ request }) => headerValue(request, "Expires") === "0");
    t.deepEqual(left, []);
    roll.purse.allowWriting();
    await holds(() => !registrar.bindings.has("acc1"));
    t.true(registrar.bindings.has("acc2"));
  },
);
