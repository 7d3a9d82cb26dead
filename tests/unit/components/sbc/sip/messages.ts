import type { SipRequest, SipResponse } from "../../../../../components/sbc/sip/message.ts";
import { parseMessage } from "../../../../../components/sbc/sip/parse.ts";
import type { Malformed } from "../../../../../components/sbc/sip/parse.ts";

/** Bytes from lines as a message has them on the wire. */
export const wire = (lines: readonly string[], body = ""): Buffer =>
  Buffer.from(`${lines.join("\r\n")}\r\n\r\n${body}`);

export const parsedRequest = (bytes: Uint8Array): SipRequest => {
  const message = parseMessage(bytes);
  if (message.kind === "request") return message;
  throw new Error(`no request: ${message.kind} ${message.reason}`);
};

export const parsedResponse = (bytes: Uint8Array): SipResponse => {
  const message = parseMessage(bytes);
  if (message.kind === "response") return message;
  throw new Error(`no response: ${message.kind}`);
};

export const malformed = (bytes: Uint8Array): Malformed => {
  const message = parseMessage(bytes);
  if (message.kind === "malformed") return message;
  throw new Error(`not malformed: ${message.kind}`);
};

/** The lines of an ordinary INVITE without a body, some of its headers replaced or (by `undefined`) left out. */
export const inviteLines = (
  changes: Readonly<Record<string, string | undefined>> = {},
): readonly string[] => {
  const headers: Record<string, string | undefined> = {
    Via: "SIP/2.0/UDP 192.0.2.7:5060;branch=z9hG4bK74bf9;rport",
    "Max-Forwards": "70",
    From: '"Alice" <sip:alice@example.org>;tag=9fxced76sl',
    To: "<sip:bob@example.net>",
    "Call-ID": "2xTb9vxSit55XU7p8@192.0.2.7",
    CSeq: "1 INVITE",
    Contact: "<sip:alice@192.0.2.7:5060>",
    ...changes,
  };
  const lines = Object.entries(headers).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}: ${value}`],
  );
  return ["INVITE sip:bob@example.net SIP/2.0", ...lines];
};

export const invite = (changes: Readonly<Record<string, string | undefined>> = {}): SipRequest =>
  parsedRequest(wire(inviteLines(changes)));
