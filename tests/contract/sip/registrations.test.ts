import test from "ava";
import { Lan } from "./line.ts";
import { EngineNode } from "./node.ts";
import { attempt, open, openActiveNode } from "./wires.ts";

/* How many devices of a subscriber may be registered, and for how long. */

const node = new EngineNode("devices");
const lan = new Lan(node);
const FROM = "192.0.2.125";

/** A device of b, told apart by its port, registers; answers what it is told at last. */
const register = (device: number, expires?: number): Promise<string> =>
  attempt(lan, "wire", {
    from: FROM,
    user: "b",
    password: "secret-b",
    contact: `sip:b@${FROM}:${device}`,
    ...(expires === undefined ? {} : { expires }),
  });

const statusLine = (answer: string): string => answer.split("\r\n")[0] ?? "";

const OK = "SIP/2.0 200 OK";
const TOO_MANY = "SIP/2.0 403 Too Many Devices";

/** b may register so many devices by its preference, or as many as config.yml says. */
const begin = async (max?: number): Promise<void> => {
  const preferences = max === undefined ? {} : { max_registrations: max };
  await node.provision(Lan.subscribers({ a: {}, b: { preferences } }));
  await node.sql("delete from location where username = 'b'");
};

test.before(async () => {
  await openActiveNode(node);
  await lan.openBoth();
  await open(lan, "wire", FROM);
});

test.after.always(async () => {
  await lan.close();
  await node.remove();
});

test.serial(
  "as many devices register as config.yml says; one that did may again, and one that goes makes room",
  async (t) => {
    await begin();
    for (const device of [6001, 6002, 6003, 6004, 6005])
      t.is(statusLine(await register(device)), OK, `${device}`);
    t.is(statusLine(await register(6006)), TOO_MANY);
    t.is(statusLine(await register(6001)), OK);
    t.is(statusLine(await register(6005, 0)), OK);
    t.is(statusLine(await register(6006)), OK);
  },
);

test.serial("the preference max_registrations goes before, and 0 lets none register", async (t) => {
  await begin(2);
  t.is(statusLine(await register(6001)), OK);
  t.is(statusLine(await register(6002)), OK);
  t.is(statusLine(await register(6003)), TOO_MANY);
  await begin(0);
  t.is(statusLine(await register(6001)), TOO_MANY);
  await begin(7);
  for (const device of [6001, 6002, 6003, 6004, 6005, 6006, 6007])
    t.is(statusLine(await register(device)), OK, `${device}`);
  t.is(statusLine(await register(6008)), TOO_MANY);
});

test.serial(
  "a registration is as long as it was asked for, within what config.yml allows",
  async (t) => {
    await begin();
    const lengthOf = async (asked: number): Promise<number> => {
      const contact = (await register(6001, asked))
        .split("\r\n")
        .find((line) => /^Contact:/.test(line));
      return Number(/;expires=(\d+)/.exec(contact ?? "")?.[1]);
    };
    t.is(await lengthOf(300), 300);
    t.is(await lengthOf(5), 60);
    t.is(await lengthOf(100_000), 3_600);
  },
);
