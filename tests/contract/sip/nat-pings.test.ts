import test from "ava";
import { APPLIANCE } from "./appliance.ts";
import { Lan } from "./line.ts";
import { EngineNode } from "./node.ts";
import { attempt, open, openActiveNode, statusOf } from "./wires.ts";

/* Phones behind NAT whose way is kept open: each in its turn, however many there are and whatever a round has to wait for. */

const EVERY_SECONDS = 4;
/** Of one second; a process of the proxy has no memory for the rows of 5,000 at once. */
const MANY = 6_000;
const STALL_SECONDS = 3;
const PINGS = 4;
/** A datagram that was lost on a busy machine is followed by the next. */
const WITHIN_MS = 40_000;

const node = new EngineNode("natpings", {
  ...APPLIANCE,
  sip: { ...APPLIANCE.sip, natPingSeconds: EVERY_SECONDS },
});
const lan = new Lan(node);

/** Registers phones n1 and on like b's; `id` is an expression of `seq`, which counts them. */
const register = async (count: number, id: string): Promise<void> => {
  await node.sql("delete from location where ruid like 'n%'");
  const columns = "ruid, username, domain, contact, path, expires, callid, cflags";
  await node.sql(
    `insert into location (id, ${columns}) select ${id}, concat('n', seq), concat('n', seq), domain, concat('sip:n', seq, '@10.1.1.7'), path, expires, callid, cflags from location join seq_1_to_${count} where username = 'b'`,
  );
};

/** In which second of its clock the proxy began the round that asked this phone now. */
const round = async (phone: number): Promise<number> => {
  const wanted = `^OPTIONS sip:n${phone}@`;
  const question = await lan.phones.ask({
    kind: "heard",
    wire: "nat",
    wanted,
    withinMs: WITHIN_MS,
  });
  return Number(/^Call-ID: n\d+-(\d+)\r$/m.exec(question)?.[1]);
};

const gaps = (seconds: readonly number[]): readonly number[] => {
  const sorted = [...seconds].sort((a, b) => a - b);
  return sorted.slice(1).map((second, index) => second - (sorted[index] ?? second));
};

test.before(async () => {
  await openActiveNode(node);
  await open(lan, "nat", "192.0.2.124");
  const phone = { from: "10.1.1.7", user: "b", password: "secret-b", contact: "sip:b@10.1.1.7" };
  const answer = await attempt(lan, "nat", phone);
  if (statusOf(answer) !== 200) throw new Error(answer);
});

test.after.always(async () => {
  await lan.close();
  await node.remove();
});

test.serial("a round that has to wait makes up for the turns that it has missed", async (t) => {
  // One phone for each second, with ids that a node gives.
  await register(EVERY_SECONDS, "1001 + 2 * seq");
  const phones = Array.from({ length: EVERY_SECONDS }, (_none, index) => index + 1);
  const rounds = new Map<number, number[]>(phones.map((phone) => [phone, []]));
  const listen = (pings: number): Promise<unknown> =>
    Promise.all(
      phones.map(async (phone) => {
        for (let count = 0; count < pings; count += 1) rounds.get(phone)?.push(await round(phone));
      }),
    );
  await listen(1);
  const stall = node.sql(`lock tables location write; select sleep(${STALL_SECONDS})`);
  await listen(PINGS);
  await stall;
  const longest = Math.max(...gaps([...rounds.values()].flat()));
  for (const [phone, its] of rounds)
    for (const gap of gaps(its))
      t.true(gap < EVERY_SECONDS + longest, `n${phone}: ${gap} s, ${longest} s for nobody`);
});

test.serial("however many phones have their turn in one second, each is asked", async (t) => {
  await register(MANY, `10000 + ${2 * EVERY_SECONDS} * seq`);
  for (const phone of [1, MANY / 2, MANY]) t.true((await round(phone)) > 0, `n${phone}`);
});
