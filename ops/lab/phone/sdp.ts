import { isIPv6 } from "node:net";
import { SUITE } from "./srtp.ts";

export interface MediaAddress {
  readonly address: string;
  readonly port: number;
}

/** An end of a stream: where it is, and with what key it sends when it speaks SRTP (base64, RFC 4568). */
export interface MediaEnd extends MediaAddress {
  readonly key?: string;
}

const CRYPTO = new RegExp(`^a=crypto:(\\d+) ${SUITE} inline:([^|\\s]+)`, "m");

/** One audio stream of G.711. The version grows with each offer of a call. An answer to `offer` has the tag of the suite that it takes. */
export const describeAudio = (media: MediaEnd, version: number, offer = ""): string => {
  const family = isIPv6(media.address) ? "IP6" : "IP4";
  return [
    "v=0",
    `o=phone 1 ${version} IN ${family} ${media.address}`,
    "s=-",
    `c=IN ${family} ${media.address}`,
    "t=0 0",
    `m=audio ${media.port} RTP/${media.key === undefined ? "AVP" : "SAVP"} 8 0`,
    ...(media.key === undefined
      ? []
      : [`a=crypto:${CRYPTO.exec(offer)?.[1] ?? 1} ${SUITE} inline:${media.key}`]),
    "a=rtpmap:8 PCMA/8000",
    "a=rtpmap:0 PCMU/8000",
    "a=ptime:20",
    "a=sendrecv",
    "",
  ].join("\r\n");
};

/** Where the other side wants its audio, and its key; undefined when the text describes none. */
export const audioTarget = (sdp: string): MediaEnd | undefined => {
  const port = /^m=audio (\d+) /m.exec(sdp)?.[1];
  const address = /^c=IN IP[46] (\S+)/m.exec(sdp)?.[1];
  if (port === undefined || address === undefined || port === "0") return undefined;
  const key = CRYPTO.exec(sdp)?.[2];
  return { address, port: Number(port), ...(key === undefined ? {} : { key }) };
};

/** Whether what is offered is SRTP with keys in SDP. */
export const isSecure = (sdp: string): boolean => /^m=audio \d+ RTP\/SAVP /m.test(sdp);
