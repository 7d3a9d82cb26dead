import { hkdfSync } from "node:crypto";
import type { Socket } from "node:net";
import { z } from "zod";
import { answer, call, PairKeyRefusedError, type Channel } from "./channel.ts";
import { dial, type Crosslink } from "./dial.ts";
import { PairLinkError } from "./frames.ts";
import { keysOf, type KeyHolder, type Keys } from "./rotation.ts";

/** TCP port of the crosslink on which a paired node answers for its keys; ngcp-pair.socket listens there. */
export const ANSWER_PORT = 6946;

/** The longest that a daemon may take to work with new keys, milliseconds. */
const SILENCE_MS = 60_000;

const keyList = z
  .array(z.string().regex(/^[0-9a-f]{64}$/))
  .min(1)
  .max(2);

const request = z.discriminatedUnion("ask", [
  z.strictObject({ ask: z.literal("read") }),
  z.strictObject({ ask: z.literal("write"), keys: keyList }),
]);

const reply = z.union([z.strictObject({ keys: keyList }), z.strictObject({ problem: z.string() })]);

/** The heartbeat keys prove who one is; nothing that is signed with them can be used here, nor the other way round. */
const sharedFrom = (key: string): Buffer =>
  Buffer.from(hkdfSync("sha256", Buffer.from(key, "hex"), "", "tandem pair rotation v1", 32));

const open = async (
  crosslink: Crosslink,
  own: Keys,
): Promise<{ readonly channel: Channel; readonly socket: Socket }> => {
  for (const key of own) {
    const socket = await dial(crosslink, ANSWER_PORT, SILENCE_MS);
    try {
      return { channel: await call(socket, sharedFrom(key)), socket };
    } catch (error) {
      socket.destroy();
      if (!(error instanceof PairKeyRefusedError)) throw error;
    }
  }
  throw new PairKeyRefusedError();
};

const ask = async (
  crosslink: Crosslink,
  own: Keys,
  question: z.input<typeof request>,
): Promise<Keys> => {
  const { channel, socket } = await open(crosslink, own);
  try {
    channel.send(question);
    const answered = reply.safeParse(await channel.receive());
    if (!answered.success) throw new PairLinkError("the peer's answer is not understood");
    if ("problem" in answered.data) throw new PairLinkError(answered.data.problem);
    return keysOf(answered.data.keys);
  } finally {
    socket.end();
  }
};

/** The peer's keys, asked for over the crosslink; `own` proves who asks. */
export const peerKeys = (crosslink: Crosslink, own: KeyHolder): KeyHolder => ({
  read: async () => ask(crosslink, await own.read(), { ask: "read" }),
  write: async (keys) => {
    await ask(crosslink, await own.read(), { ask: "write", keys: [...keys] });
  },
});

const carryOut = async (message: unknown, own: KeyHolder): Promise<Keys> => {
  const asked = request.safeParse(message);
  if (!asked.success) throw new PairLinkError("the peer's question is not understood");
  if (asked.data.ask === "read") return own.read();
  const keys = keysOf(asked.data.keys);
  const current: readonly string[] = await own.read();
  if (!keys.some((key) => current.includes(key))) {
    throw new PairLinkError("the peer asks for keys that this node has never had");
  }
  await own.write(keys);
  return own.read();
};

/**
 * Answers one question of the peer about this node's keys.
 *
 * @throws {PairKeyRefusedError} when the caller holds none of the keys
 */
export const answerPeer = async (socket: Socket, own: KeyHolder): Promise<void> => {
  socket.setTimeout(SILENCE_MS, () => socket.destroy());
  const channel = await answer(socket, (await own.read()).map(sharedFrom));
  try {
    channel.send({ keys: await carryOut(await channel.receive(), own) });
  } catch (error) {
    channel.send({ problem: error instanceof Error ? error.message : String(error) });
    throw error;
  } finally {
    socket.end();
  }
};
