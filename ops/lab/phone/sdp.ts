import { isIPv6 } from "node:net";

export interface MediaAddress {
  readonly address: string;
  readonly port: number;
}

/** One audio stream of G.711. The version grows with each offer of a call. */
export const describeAudio = (media: MediaAddress, version: number): string => {
  const family = isIPv6(media.address) ? "IP6" : "IP4";
  return [
    "v=0",
    `o=phone 1 ${version} IN ${family} ${media.address}`,
    "s=-",
    `c=IN ${family} ${media.address}`,
    "t=0 0",
    `m=audio ${media.port} RTP/AVP 8 0`,
    "a=rtpmap:8 PCMA/8000",
    "a=rtpmap:0 PCMU/8000",
    "a=ptime:20",
    "a=sendrecv",
    "",
  ].join("\r\n");
};

/** Where the other side wants its audio; undefined when the text describes none. */
export const audioTarget = (sdp: string): MediaAddress | undefined => {
  const port = /^m=audio (\d+) /m.exec(sdp)?.[1];
  const address = /^c=IN IP[46] (\S+)/m.exec(sdp)?.[1];
  if (port === undefined || address === undefined || port === "0") return undefined;
  return { address, port: Number(port) };
};
