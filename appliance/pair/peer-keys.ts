import type { z } from "zod";
import { converse, expectMessage } from "./conversation.ts";
import type { Crosslink } from "./dial.ts";
import { PairLinkError } from "./frames.ts";
import { keysReply, type request } from "./questions.ts";
import { keysOf, type KeyHolder, type Keys } from "./rotation.ts";

const ask = (crosslink: Crosslink, own: Keys, question: z.input<typeof request>): Promise<Keys> =>
  converse(crosslink, own, async (channel) => {
    channel.send(question);
    return keysOf((await expectMessage(channel, keysReply)).keys);
  });

/** The peer's keys, asked for over the crosslink; `own` proves who asks. */
export const peerKeys = (crosslink: Crosslink, own: KeyHolder): KeyHolder => ({
  read: async () => ask(crosslink, await own.read(), { ask: "read" }),
  write: async (keys) => {
    await ask(crosslink, await own.read(), { ask: "write", keys: [...keys] });
  },
});

/** @throws {PairLinkError} for keys that have nothing to do with those of this node */
export const changeKeys = async (own: KeyHolder, wanted: readonly string[]): Promise<Keys> => {
  const keys = keysOf(wanted);
  const current: readonly string[] = await own.read();
  if (!keys.some((key) => current.includes(key))) {
    throw new PairLinkError("the peer asks for keys that this node has never had");
  }
  await own.write(keys);
  return own.read();
};
