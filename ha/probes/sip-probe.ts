import { randomBytes } from "node:crypto";
import type { Socket } from "node:dgram";
import { createSocket } from "node:dgram";
import { isIPv6 } from "node:net";

export interface SipProbeOptions {
  /** The shared address that is asked. */
  readonly target: string;
  readonly port: number;
  /** This node's own LAN address, a source that the lb trusts; the kernel chooses where absent. */
  readonly source: string | undefined;
  /** The question is sent a second time after this. */
  readonly againAfterMs: number;
  readonly timeoutMs: number;
}

const SIP_USER = "probe";

const inUri = (address: string): string => (isIPv6(address) ? `[${address}]` : address);

export interface SipQuestion {
  readonly target: string;
  readonly from: string;
  readonly fromPort: number;
  /** Random; the answer carries it. */
  readonly callId: string;
}

/**
 * An OPTIONS request with a user part: without one the lb would answer by itself, and a proxy that
 * is dead would look alive.
 */
export const sipQuestion = ({ target, from, fromPort, callId }: SipQuestion): string =>
  [
    `OPTIONS sip:${SIP_USER}@${inUri(target)} SIP/2.0`,
    `Via: SIP/2.0/UDP ${inUri(from)}:${fromPort};branch=z9hG4bK${callId};rport`,
    "Max-Forwards: 10",
    `From: <sip:ngcp-ha@${inUri(from)}>;tag=${callId}`,
    `To: <sip:${SIP_USER}@${inUri(target)}>`,
    `Call-ID: ${callId}`,
    "CSeq: 1 OPTIONS",
    "User-Agent: ngcp-ha",
    "Content-Length: 0",
    "",
    "",
  ].join("\r\n");

/** True for a final reply, of whatever status, to the question with this Call-ID. */
export const isFinalReply = (datagram: string, callId: string): boolean => {
  const [statusLine = "", ...headers] = datagram.split("\r\n");
  const isReplyToUs = headers.some(
    (line) => /^(call-id|i)\s*:/i.test(line) && line.endsWith(callId),
  );
  return isReplyToUs && /^SIP\/2\.0 [2-6]\d\d /.test(statusLine);
};

const ask = (socket: Socket, options: SipProbeOptions, callId: string): void => {
  const { target, port } = options;
  const { address: from, port: fromPort } = socket.address();
  // A send that fails is a question that nobody answers.
  socket.send(sipQuestion({ target, from, fromPort, callId }), port, target, () => undefined);
};

/**
 * Asks over UDP whether SIP is served at an address, through the lb and by the proxy behind it. The
 * request is sent twice. Only for a node that does not hold the
 * address itself: it would be answered by its own lb.
 *
 * @returns true when a final reply came within `timeoutMs`
 */
export const sipIsAnswered = (options: SipProbeOptions): Promise<boolean> =>
  new Promise((resolve) => {
    const { target, source, againAfterMs, timeoutMs } = options;
    const callId = randomBytes(8).toString("hex");
    const socket = createSocket(isIPv6(target) ? "udp6" : "udp4");
    const finish = (answered: boolean): void => {
      clearTimeout(again);
      clearTimeout(deadline);
      socket.removeAllListeners().on("error", () => undefined);
      socket.close();
      resolve(answered);
    };
    const again = setTimeout(() => ask(socket, options, callId), againAfterMs);
    const deadline = setTimeout(() => finish(false), timeoutMs);
    socket.on("error", () => finish(false));
    socket.on("message", (datagram) => {
      if (isFinalReply(datagram.toString("utf8"), callId)) finish(true);
    });
    socket.on("listening", () => ask(socket, options, callId));
    socket.bind({ port: 0, ...(source === undefined ? {} : { address: source }) });
  });
