import { hkdfSync } from "node:crypto";
import type { Socket } from "node:net";
import { connect, createServer } from "node:tls";
import type { TLSSocket } from "node:tls";
import { CloneFailedError } from "./errors.ts";

const IDENTITY = "tandem clone v1";
const KEY_BYTES = 32;
const HANDSHAKE_MS = 10_000;

/** TLS with a key that both nodes hold (RFC 4279); OpenSSL has it for version 1.2, with a Diffie-Hellman key each time (RFC 7905). */
const PROTOCOL = {
  ciphers: "ECDHE-PSK-CHACHA20-POLY1305",
  minVersion: "TLSv1.2",
  maxVersion: "TLSv1.2",
} as const;

const keyOf = (secret: string): Buffer =>
  Buffer.from(hkdfSync("sha256", secret, "", IDENTITY, KEY_BYTES));

const established = (
  begin: (done: (socket: TLSSocket) => void, failed: (error: Error) => void) => void,
): Promise<TLSSocket> =>
  new Promise((resolve, reject) => {
    const refuse = (cause: Error): void =>
      reject(new CloneFailedError(`the nodes did not agree on a key: ${cause.message}`, { cause }));
    const timer = setTimeout(
      () => refuse(new Error(`no answer within ${HANDSHAKE_MS} ms`)),
      HANDSHAKE_MS,
    );
    begin(
      (socket) => {
        clearTimeout(timer);
        resolve(socket);
      },
      (error) => {
        clearTimeout(timer);
        refuse(error);
      },
    );
  });

/**
 * The side that connected.
 *
 * @param secret the pair's; only a peer that holds it is talked to
 * @throws {CloneFailedError} when the other side does not hold it
 */
export const secureCaller = (socket: Socket, secret: string): Promise<TLSSocket> =>
  established((done, failed) => {
    const secured = connect({
      socket,
      ...PROTOCOL,
      pskCallback: () => ({ psk: keyOf(secret), identity: IDENTITY }),
      checkServerIdentity: () => undefined,
    });
    secured.once("error", failed);
    secured.once("secureConnect", () => {
      secured.off("error", failed);
      done(secured);
    });
  });

/** The side that was connected to; throws as `secureCaller` does. */
export const secureAnswerer = (socket: Socket, secret: string): Promise<TLSSocket> =>
  established((done, failed) => {
    const server = createServer({
      ...PROTOCOL,
      pskCallback: (_socket, identity) => (identity === IDENTITY ? keyOf(secret) : null),
    });
    server.once("secureConnection", done);
    server.once("tlsClientError", failed);
    server.emit("connection", socket);
  });
