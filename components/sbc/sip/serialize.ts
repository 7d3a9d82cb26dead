import type { SipMessage } from "./message.ts";

/** The bytes of a message: UTF-8, canonical names, no folding, Content-Length always and last. */
export const serialize = (message: SipMessage): Buffer => {
  let head =
    message.kind === "request"
      ? `${message.method} ${message.uri} SIP/2.0\r\n`
      : `SIP/2.0 ${message.status} ${message.reason}\r\n`;
  for (const { name, value } of message.headers) head += `${name}: ${value}\r\n`;
  head += `Content-Length: ${message.body.length}\r\n\r\n`;
  if (message.body.length === 0) return Buffer.from(head);
  const headLength = Buffer.byteLength(head);
  const bytes = Buffer.allocUnsafe(headLength + message.body.length);
  bytes.write(head, "utf8");
  bytes.set(message.body, headLength);
  return bytes;
};
