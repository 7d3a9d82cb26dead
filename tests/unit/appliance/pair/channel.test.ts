import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { randomBytes } from "node:crypto";
import test from "ava";
import { answer, call, PairKeyRefusedError } from "../../../../appliance/pair/channel.ts";
import { keyOfCode, newCode, PairCodeError } from "../../../../appliance/pair/code.ts";
import { PairLinkError } from "../../../../appliance/pair/frames.ts";

/** Two ends of a connection on loopback; `spoil` may change what the caller sends. */
const connected = async (
  spoil: (bytes: Buffer) => Buffer = (bytes) => bytes,
): Promise<{ readonly caller: Socket; readonly answerer: Socket; readonly seen: Buffer[] }> => {
  const seen: Buffer[] = [];
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  const between = createServer((near) => {
    const far = connect(address.port, "127.0.0.1");
    near.on("data", (bytes) => {
      seen.push(bytes);
      far.write(spoil(bytes));
    });
    far.on("data", (bytes) => {
      seen.push(bytes);
      near.write(bytes);
    });
    near.on("close", () => far.destroy()).on("error", () => far.destroy());
    far.on("close", () => near.destroy()).on("error", () => near.destroy());
  });
  between.listen(0, "127.0.0.1");
  await once(between, "listening");
  const middle = between.address();
  if (middle === null || typeof middle === "string") throw new Error("no port");
  const accepted = once(server, "connection") as Promise<[Socket]>;
  const caller = connect(middle.port, "127.0.0.1");
  const [answerer] = await accepted;
  caller.on("error", () => undefined);
  answerer.on("error", () => undefined);
  server.close();
  between.close();
  return { caller, answerer, seen };
};

test("two holders of one key understand each other, and nobody between them does", async (t) => {
  const key = randomBytes(32);
  const { caller, answerer, seen } = await connected();
  const [near, far] = await Promise.all([
    call(caller, key),
    answer(answerer, [randomBytes(32), key]),
  ]);
  for (const word of ["ein Geheimnis", "noch ein Geheimnis"]) {
    near.send({ word });
    t.deepEqual(await far.receive(), { word });
    far.send(word);
    t.is(await near.receive(), word);
  }
  t.false(Buffer.concat(seen).includes("Geheimnis"));
  caller.destroy();
  answerer.destroy();
});

test("who holds another key learns that, and nothing else", async (t) => {
  const { caller, answerer } = await connected();
  const [near, far] = await Promise.allSettled([
    call(caller, randomBytes(32)),
    answer(answerer, [randomBytes(32)]),
  ]);
  t.true(near.status === "rejected" && near.reason instanceof PairKeyRefusedError);
  t.true(far.status === "rejected" && far.reason instanceof PairKeyRefusedError);
  caller.destroy();
  answerer.destroy();
});

test("a message that was changed on its way is not taken", async (t) => {
  const key = randomBytes(32);
  let spoiling = false;
  const { caller, answerer } = await connected((bytes) => {
    const changed = Buffer.from(bytes);
    const last = changed.length - 1;
    if (spoiling) changed[last] = (changed[last] ?? 0) ^ 1;
    return changed;
  });
  const [near, far] = await Promise.all([call(caller, key), answer(answerer, [key])]);
  spoiling = true;
  near.send("x");
  await t.throwsAsync(far.receive(), { instanceOf: PairLinkError, message: /was changed/ });
  caller.destroy();
  answerer.destroy();
});

test("garbage, a cut connection and another version are told", async (t) => {
  const key = randomBytes(32);
  for (const bytes of [Buffer.alloc(100, 255), Buffer.from([0, 3, 9, 9, 9]), Buffer.from([0])]) {
    const { caller, answerer } = await connected();
    caller.end(bytes);
    await t.throwsAsync(answer(answerer, [key]), { instanceOf: PairLinkError });
    answerer.destroy();
  }
});

test("a key that forces the agreement is refused", async (t) => {
  const { caller, answerer } = await connected();
  caller.write(Buffer.concat([Buffer.from([0, 33, 1]), Buffer.alloc(32)]));
  await t.throwsAsync(answer(answerer, [randomBytes(32)]), { instanceOf: PairLinkError });
  caller.destroy();
  answerer.destroy();
});

test("a code is read as it is meant, and is one of many", async (t) => {
  const code = newCode();
  t.regex(code, /^[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){2}$/);
  t.not(code, newCode());
  const key = await keyOfCode("0123-4567-89AB");
  t.deepEqual(await keyOfCode(" o i 2 3 4567 89ab "), key);
  t.notDeepEqual(await keyOfCode("0123-4567-89AC"), key);
  for (const wrong of ["", "0123-4567-89A", "0123-4567-89ABC", "0123-4567-89AU"]) {
    await t.throwsAsync(keyOfCode(wrong), { instanceOf: PairCodeError });
  }
});
