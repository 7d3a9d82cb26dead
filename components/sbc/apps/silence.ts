/** An answer to an offer of SDP that takes none of its streams: each keeps its place with port 0 (RFC 3264 section 6). */
export const answerWithoutMedia = (offer: string): string => {
  const lines = offer.split(/\r?\n/).flatMap((line) => {
    const [, kind, rest] = /^m=(\S+) \d+(?:\/\d+)? (.+)$/.exec(line) ?? [];
    return kind === undefined || rest === undefined ? [] : [`m=${kind} 0 ${rest}`];
  });
  const head = ["v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "c=IN IP4 127.0.0.1", "t=0 0"];
  // Who offers nothing gets an offer, of a stream that says nothing.
  const streams = lines.length > 0 ? lines : ["m=audio 9 RTP/AVP 8", "a=inactive"];
  return `${[...head, ...streams].join("\r\n")}\r\n`;
};
