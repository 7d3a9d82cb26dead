import type { Socket } from "node:net";
import type { Channel } from "./channel.ts";
import { conversationOn, SILENCE_MS } from "./conversation.ts";
import { PairLinkError } from "./frames.ts";
import { headOf, receiveParcel, sendBundle } from "./parcel.ts";
import { changeKeys } from "./peer-keys.ts";
import { request, type ConfigHolder, type Request } from "./questions.ts";
import type { KeyHolder, Keys } from "./rotation.ts";

/** What a node answers its peer about. */
export interface Answers {
  /** The keys of this node: who asks holds one of them. */
  readonly proofs: Keys;
  readonly keys: KeyHolder;
  readonly config: ConfigHolder;
}

type Asked<Word extends Request["ask"]> = Extract<Request, { ask: Word }>;

/** Said while a service takes its time, so that the caller knows a working peer from a dead one. */
const ALIVE_EVERY_MS = 5_000;

const take = async (
  channel: Channel,
  { parcel: head, options }: Asked<"take">,
  { config }: Answers,
): Promise<void> => {
  // All of it is here before anything is done: a cable that is pulled on the way changes nothing.
  const parcel = await receiveParcel(channel, head);
  const alive = setInterval(() => channel.send({ alive: true }), ALIVE_EVERY_MS);
  try {
    channel.send({ end: await config.take(parcel, options, (line) => channel.send(line)) });
  } finally {
    clearInterval(alive);
  }
};

const give = async (
  channel: Channel,
  { commit, constants }: Asked<"give">,
  { config }: Answers,
): Promise<void> => {
  const parcel = await config.give({ commit, constants });
  channel.send({ parcel: headOf(parcel) });
  sendBundle(channel, parcel);
};

const carryOut = async (channel: Channel, asked: Request, answers: Answers): Promise<void> => {
  switch (asked.ask) {
    case "read":
      channel.send({ keys: await answers.keys.read() });
      return;
    case "write":
      channel.send({ keys: await changeKeys(answers.keys, asked.keys) });
      return;
    case "state":
      channel.send({ state: await answers.config.state() });
      return;
    case "give":
      return give(channel, asked, answers);
    case "take":
      return take(channel, asked, answers);
  }
};

/**
 * Answers one question of the peer. What was begun is brought to its end, also when the peer is gone meanwhile.
 *
 * @throws {PairKeyRefusedError} when the caller holds none of the keys
 */
export const answerPeer = async (socket: Socket, answers: Answers): Promise<void> => {
  socket.setTimeout(SILENCE_MS, () => socket.destroy());
  // Who asked may hang up at any time; the reader of the connection sees that.
  socket.on("error", () => undefined);
  const channel = await conversationOn(socket, answers.proofs);
  try {
    const asked = request.safeParse(await channel.receive());
    if (!asked.success) throw new PairLinkError("the peer's question is not understood");
    await carryOut(channel, asked.data, answers);
  } catch (error) {
    channel.send({ problem: error instanceof Error ? error.message : String(error) });
    throw error;
  } finally {
    socket.end();
  }
};
