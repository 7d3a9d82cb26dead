import { hkdfSync } from "node:crypto";
import type { Socket } from "node:net";
import { z } from "zod";
import { ApplianceError } from "../errors.ts";
import { answer, call, PairKeyRefusedError, type Channel } from "./channel.ts";
import { dial, type Crosslink } from "./dial.ts";
import { PairLinkError } from "./frames.ts";
import type { Keys } from "./rotation.ts";

/** TCP port of the crosslink on which a paired node answers its peer; ngcp-pair.socket listens there. */
export const ANSWER_PORT = 6946;

/** The longest that the other side may say nothing, milliseconds: a daemon takes so long to work with new keys. */
export const SILENCE_MS = 60_000;

/** The peer was reached, understood what was asked, and will not do it; its own words say why. */
export class PeerRefusedError extends ApplianceError {
  override readonly name = "PeerRefusedError";
  readonly code = "NGCP_PEER_REFUSED";

  constructor(problem: string) {
    super(`the peer does not do it: ${problem}`);
  }
}

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

/**
 * Opens a conversation with the peer for one question.
 *
 * @param own the keys of this node, which prove who asks
 * @throws {PairLinkError} when the peer is not reached, or the conversation breaks off
 * @throws {PairKeyRefusedError} when the nodes have no key in common
 */
export const converse = async <Result>(
  crosslink: Crosslink,
  own: Keys,
  talk: (channel: Channel) => Promise<Result>,
): Promise<Result> => {
  const { channel, socket } = await open(crosslink, own);
  try {
    return await talk(channel);
  } finally {
    socket.end();
  }
};

/** @throws {PairKeyRefusedError} when the caller holds none of the keys */
export const conversationOn = (socket: Socket, own: Keys): Promise<Channel> =>
  answer(socket, own.map(sharedFrom));

const refusal = z.strictObject({ problem: z.string() });

/**
 * Reads one message of a kind.
 *
 * @throws {PeerRefusedError} when the peer says why it will not
 * @throws {PairLinkError} when it is something else
 */
export const expectMessage = async <Message>(
  channel: Channel,
  schema: z.ZodType<Message>,
): Promise<Message> => {
  const message = await channel.receive();
  const parsed = schema.safeParse(message);
  if (parsed.success) return parsed.data;
  const refused = refusal.safeParse(message);
  if (refused.success) throw new PeerRefusedError(refused.data.problem);
  throw new PairLinkError("what the peer says is not understood");
};
