import test from "ava";
import type { ExecutionContext } from "ava";
import { Lan } from "./line.ts";
import { EngineNode } from "./node.ts";
import { until } from "./until.ts";
import { openActiveNode } from "./wires.ts";

/* When the records of a call are written, and with what. */

const node = new EngineNode("records");
const lan = new Lan(node);

test.before(async () => {
  await openActiveNode(node);
  for (const [index, phone] of ["a", "b"].entries()) {
    await lan.open(phone, { address: `192.0.2.${101 + index}`, port: 5060 });
    await lan.register(phone);
  }
});

test.after.always(async () => {
  await lan.close();
  await node.remove();
});

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
