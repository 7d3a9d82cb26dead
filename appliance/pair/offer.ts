import { createServer, type Server, type Socket } from "node:net";
import { once } from "node:events";
import { ApplianceError } from "../errors.ts";
import type { PairSecrets } from "../model.ts";
import { answer, call, PairKeyRefusedError } from "./channel.ts";
import { certificateIn, type Certificate } from "./certificate.ts";
import { keyOfCode } from "./code.ts";
import { dial, type Crosslink } from "./dial.ts";
import { PairLinkError } from "./frames.ts";
import { secretsIn, secretsMessage } from "./secrets.ts";

/** TCP port of the crosslink on which secrets are offered. */
const OFFER_PORT = 6945;

const WRONG_CODES = 5;
const EXCHANGE_MS = 15_000;

class OfferEndedError extends ApplianceError {
  override readonly name = "OfferEndedError";
  readonly code = "NGCP_PAIR_OFFER_ENDED";

  constructor() {
    super(`the offer ended: ${WRONG_CODES} times somebody came with a wrong code`);
  }
}

export interface Offer {
  readonly crosslink: Crosslink;
  readonly code: string;
  readonly secrets: PairSecrets;
  readonly certificate: Certificate | undefined;
  /** Ends the offer. */
  readonly signal: AbortSignal;
  /** Somebody connected and did not get the secrets. */
  readonly onRefused: (because: string) => void;
  /** The offer can be taken from now on. */
  readonly onOpen: () => Promise<void>;
}

const handOut = async (
  socket: Socket,
  key: Buffer,
  { secrets, certificate }: Offer,
): Promise<void> => {
  const channel = await answer(socket, [key]);
  channel.send({ secrets: secretsMessage(secrets), certificate });
  const word = await channel.receive();
  if (word !== "kept") throw new PairLinkError("the peer did not say that it kept the secrets");
  socket.end();
};

const listening = async (server: Server, { own }: Crosslink): Promise<void> => {
  server.listen({ host: own, port: OFFER_PORT, exclusive: true });
  try {
    await once(server, "listening");
  } catch (cause) {
    const problem = cause instanceof Error ? cause.message : String(cause);
    throw new PairLinkError(`nothing can be offered on ${own}: ${problem}`, { cause });
  }
};

/**
 * Offers the secrets until the peer has taken them. It listens on the crosslink address of this node
 * and speaks with that of the peer alone; a machine elsewhere would not get the answers. One caller
 * at a time is heard, and after five wrong codes the offer ends.
 *
 * @returns true when the peer has taken them, false when the signal fired
 * @throws {OfferEndedError} after too many wrong codes
 */
export const offerSecrets = async (offer: Offer): Promise<boolean> => {
  const key = await keyOfCode(offer.code);
  const server = createServer();
  server.maxConnections = 1;
  let wrong = 0;
  const taken = new Promise<boolean>((resolve, reject) => {
    offer.signal.addEventListener("abort", () => resolve(false), { once: true });
    server.on("connection", (socket) => {
      socket.on("error", () => socket.destroy());
      if (socket.remoteAddress !== offer.crosslink.peer) {
        offer.onRefused(`${socket.remoteAddress ?? "somebody"} is not the peer`);
        socket.destroy();
        return;
      }
      socket.setTimeout(EXCHANGE_MS, () => socket.destroy());
      handOut(socket, key, offer).then(
        () => resolve(true),
        (error: unknown) => {
          socket.end();
          offer.onRefused(error instanceof Error ? error.message : String(error));
          if (error instanceof PairKeyRefusedError) wrong += 1;
          if (wrong >= WRONG_CODES) reject(new OfferEndedError());
        },
      );
    });
  });
  try {
    await listening(server, offer.crosslink);
    await offer.onOpen();
    return offer.signal.aborted ? false : await taken;
  } finally {
    server.close();
  }
};

/** @throws {PairLinkError} when the peer sent something else; a node without a certificate offers none */
const offerIn = (
  message: unknown,
): { readonly secrets: unknown; readonly certificate: Certificate | undefined } => {
  if (typeof message !== "object" || message === null || !("secrets" in message))
    throw new PairLinkError("the peer did not send the secrets of a pair");
  const { secrets } = message;
  if (!("certificate" in message)) return { secrets, certificate: undefined };
  const certificate = certificateIn(message.certificate);
  if (certificate === undefined)
    throw new PairLinkError("what the peer sent as its certificate is none");
  return { secrets, certificate };
};

/**
 * Takes the secrets that the peer offers, and its certificate where it has one.
 *
 * @param keep stores them; the peer is told after that
 * @throws {PairLinkError} when nobody offers any
 * @throws {PairKeyRefusedError} when the code is not the one of the offer
 */
export const takeSecrets = async (
  crosslink: Crosslink,
  code: string,
  keep: (secrets: PairSecrets, certificate: Certificate | undefined) => Promise<void>,
): Promise<void> => {
  const key = await keyOfCode(code);
  const socket = await dial(crosslink, OFFER_PORT, EXCHANGE_MS);
  try {
    const channel = await call(socket, key);
    const { secrets, certificate } = offerIn(await channel.receive());
    await keep(secretsIn(secrets), certificate);
    channel.send("kept");
  } finally {
    socket.end();
  }
};
