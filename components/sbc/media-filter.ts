import type { Filter } from "./filters.ts";

/*
 * What a session description (RFC 4566) may offer, line by line. A stream that is not wanted keeps its place with port 0,
 * as an answer has to name the streams of the offer in their order (RFC 3264 section 6).
 */

/** The payload types that need no rtpmap (RFC 3551 section 6). */
const STATIC: Readonly<Record<string, string>> = {
  ...{ 0: "pcmu", 3: "gsm", 4: "g723", 5: "dvi4", 6: "dvi4", 7: "lpc", 8: "pcma", 9: "g722" },
  ...{ 10: "l16", 11: "l16", 12: "qcelp", 13: "cn", 14: "mpa", 15: "g728", 16: "dvi4" },
  ...{ 17: "dvi4", 18: "g729", 25: "celb", 26: "jpeg", 28: "nv", 31: "h261", 32: "mpv" },
  ...{ 33: "mp2t", 34: "h263" },
};

const ICE = /^a=(candidate|remote-candidates|end-of-candidates|ice-[a-z0-9-]+)(:|$)/i;
const KEYS = /^a=(crypto|fingerprint|tls-id)(:|$)/i;
/** An attribute of one payload type. */
const OF_TYPE = /^a=(rtpmap|fmtp|rtcp-fb):(\d+|\*)(?= |$)/i;
const M_LINE = /^m=(\S+) (\S+) (\S+) (.+)$/;

/** The lines of the session, and of each stream from its m-line on. */
const sectionsOf = (lines: readonly string[]): readonly (readonly string[])[] => {
  const sections: string[][] = [[]];
  for (const line of lines) {
    if (line.startsWith("m=")) sections.push([]);
    sections.at(-1)?.push(line);
  }
  return sections;
};

const codecOf = (type: string, lines: readonly string[]): string | undefined => {
  const start = `a=rtpmap:${type} `;
  const mapped = lines.find((line) => line.toLowerCase().startsWith(start));
  return mapped === undefined
    ? STATIC[type]
    : mapped.slice(start.length).split("/", 1)[0]?.trim().toLowerCase();
};

const wanted = (line: string, { media = [] }: Filter): boolean =>
  !(media.includes("ice") && ICE.test(line)) && !(media.includes("srtp") && KEYS.test(line));

interface Stream {
  readonly kind: string;
  readonly port: string;
  readonly protocol: string;
  readonly formats: readonly string[];
}

const streamOf = (line: string): Stream | undefined => {
  const [, kind, port, protocol, formats] = M_LINE.exec(line) ?? [];
  if (kind === undefined || port === undefined || protocol === undefined) return undefined;
  return { kind, port, protocol, formats: (formats ?? "").split(" ") };
};

const isRefused = ({ kind, protocol }: Stream, { media = [] }: Filter): boolean =>
  (media.includes("video") && kind === "video") ||
  (media.includes("srtp") && /\/SAVPF?$/i.test(protocol));

const filteredStream = (lines: readonly string[], filter: Filter): readonly string[] => {
  const [first = "", ...rest] = lines;
  const stream = streamOf(first);
  if (stream === undefined) return lines;
  const { kind, port, protocol, formats } = stream;
  const { codecs } = filter;
  const isRtp = /^RTP\/|\/RTP\//i.test(protocol);
  const kept =
    codecs === undefined || !isRtp
      ? formats
      : formats.filter((type) => codecs.includes(codecOf(type, lines) ?? ""));
  if (isRefused(stream, filter) || kept.length === 0)
    return [`m=${kind} 0 ${protocol} ${formats[0] ?? "0"}`];
  return [
    `m=${kind} ${port} ${protocol} ${kept.join(" ")}`,
    ...rest.filter((line) => {
      const type = OF_TYPE.exec(line)?.[2];
      const isKept = type === undefined || type === "*" || kept.includes(type);
      return isKept && wanted(line, filter);
    }),
  ];
};

/** The description without what the filter keeps out; other lines, and their order, are as they came. */
export const filteredDescription = (text: string, filter: Filter): string => {
  const lines = text.split(/\r?\n/);
  const last = lines.at(-1) === "" ? lines.pop() : undefined;
  const [session = [], ...streams] = sectionsOf(lines);
  const kept = [
    ...session.filter((line) => wanted(line, filter)),
    ...streams.flatMap((each) => filteredStream(each, filter)),
  ];
  return [...kept, ...(last === undefined ? [] : [last])].join("\r\n");
};
