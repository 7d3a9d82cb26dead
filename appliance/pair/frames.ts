import type { Socket } from "node:net";
import { ApplianceError } from "../errors.ts";

export class PairLinkError extends ApplianceError {
  override readonly name = "PairLinkError";
  readonly code = "NGCP_PAIR_LINK";

  constructor(problem: string, options?: ErrorOptions) {
    super(`the exchange with the peer broke off: ${problem}`, options);
  }
}

const HEADER = 2;
const LONGEST = 16_384;

/** Whole messages over a TCP connection, each with its length before it. */
export interface Frames {
  readonly send: (frame: Buffer) => void;
  /** @throws {PairLinkError} when the connection ends, or something too long arrives */
  readonly receive: () => Promise<Buffer>;
}

const framesIn = async function* (socket: Socket): AsyncGenerator<Buffer, void, undefined> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= HEADER) {
      const length = rest.readUInt16BE(0);
      if (length > LONGEST) throw new PairLinkError("what arrived is no message of ngcp-pair");
      if (rest.length < HEADER + length) break;
      yield rest.subarray(HEADER, HEADER + length);
      rest = rest.subarray(HEADER + length);
    }
  }
};

export const framesOn = (socket: Socket): Frames => {
  const incoming = framesIn(socket);
  return {
    send: (frame) => {
      const header = Buffer.alloc(HEADER);
      header.writeUInt16BE(frame.length);
      socket.write(Buffer.concat([header, frame]));
    },
    receive: async () => {
      try {
        const next = await incoming.next();
        if (next.done !== true) return next.value;
      } catch (cause) {
        if (cause instanceof ApplianceError) throw cause;
        const problem = cause instanceof Error ? cause.message : String(cause);
        throw new PairLinkError(problem, { cause });
      }
      throw new PairLinkError("it was closed by the other side");
    },
  };
};
