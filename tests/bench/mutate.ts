import type { Random } from "../sim/random.ts";

/** Text that parsers stumble over. */
const POISON: readonly [string, ...string[]] = [
  '"',
  "\\",
  "<",
  ">",
  ",",
  ";",
  ";;",
  "=",
  ":",
  "@",
  "%",
  "%00",
  "%zz",
  "\0",
  "\r",
  "\n",
  "\r\n",
  "\r\n ",
  "\r\n\r\n",
  " ",
  "\t",
  "[",
  "]",
  "\u00ff",
  "\ufeff",
  "-1",
  "4294967296",
  "99999999999999999999999999",
  "z9hG4bK",
  "SIP/2.0",
  "sip:",
  "__proto__",
  ";tag=",
  ";rport",
  ";received=",
  "Content-Length: 4294967295\r\n",
  "Via: ",
  "l:",
];

type Mutation = (bytes: Buffer, random: Random) => Buffer;

const place = (bytes: Buffer, random: Random): number => random.integer(0, bytes.length);

const insert = (bytes: Buffer, at: number, inserted: Uint8Array): Buffer =>
  Buffer.concat([bytes.subarray(0, at), inserted, bytes.subarray(at)]);

const MUTATIONS: readonly [Mutation, ...Mutation[]] = [
  // a byte becomes another
  (bytes, random) => {
    const changed = Buffer.from(bytes);
    if (changed.length > 0) changed[random.integer(0, changed.length - 1)] = random.integer(0, 255);
    return changed;
  },
  // the rest is lost
  (bytes, random) => bytes.subarray(0, place(bytes, random)),
  // a piece is lost
  (bytes, random) => {
    const at = place(bytes, random);
    return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + random.integer(1, 20))]);
  },
  // a piece comes twice
  (bytes, random) => {
    const at = place(bytes, random);
    return insert(bytes, at, bytes.subarray(at, at + random.integer(1, 60)));
  },
  // something a parser looks for, where it does not belong
  (bytes, random) => insert(bytes, place(bytes, random), Buffer.from(random.pick(POISON))),
  // a line is cut short
  (bytes, random) => {
    const lines = bytes.toString("latin1").split("\r\n");
    const at = random.integer(0, lines.length - 1);
    const line = lines[at] ?? "";
    lines[at] = line.slice(0, random.integer(0, line.length));
    return Buffer.from(lines.join("\r\n"), "latin1");
  },
  // two lines change places
  (bytes, random) => {
    const lines = bytes.toString("latin1").split("\r\n");
    const [a, b] = [random.integer(0, lines.length - 1), random.integer(0, lines.length - 1)];
    [lines[a], lines[b]] = [lines[b] ?? "", lines[a] ?? ""];
    return Buffer.from(lines.join("\r\n"), "latin1");
  },
];

/** A datagram after one to four accidents; the same for the same chance. */
export const mutated = (bytes: Buffer, random: Random): Buffer => {
  let changed = bytes;
  for (let count = random.integer(1, 4); count > 0; count -= 1)
    changed = random.pick(MUTATIONS)(changed, random);
  return changed;
};
