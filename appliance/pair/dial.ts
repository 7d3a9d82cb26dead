import { connect, type Socket } from "node:net";
import { PairLinkError } from "./frames.ts";

/** The two addresses of the direct cable. */
export interface Crosslink {
  readonly own: string;
  readonly peer: string;
}

/** Nobody who has power takes longer to accept a connection over a cable. */
const CONNECT_MS = 5_000;

/**
 * Connects to the peer from this node's own crosslink address.
 *
 * @param silenceMs the longest that the peer may say nothing, also later on
 * @throws {PairLinkError} when nobody listens there
 */
export const dial = ({ own, peer }: Crosslink, port: number, silenceMs: number): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = connect({ host: peer, port, localAddress: own });
    const refused = (problem: string, cause?: Error): void => {
      socket.destroy();
      reject(new PairLinkError(`${peer} port ${port}: ${problem}`, { cause }));
    };
    const connectMs = Math.min(silenceMs, CONNECT_MS);
    const onTimeout = (): void => refused(`no answer within ${connectMs} ms`);
    const onError = (error: Error): void => refused(error.message, error);
    socket.setTimeout(connectMs);
    socket.once("timeout", onTimeout);
    socket.once("error", onError);
    socket.once("connect", () => {
      socket.off("timeout", onTimeout);
      socket.off("error", onError);
      socket.setTimeout(silenceMs);
      // The reader of the connection sees the error that it is destroyed with.
      socket.on("error", () => undefined);
      socket.on("timeout", () =>
        socket.destroy(new Error(`${peer} said nothing for ${silenceMs} ms`)),
      );
      resolve(socket);
    });
  });
