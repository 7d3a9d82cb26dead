import { readdirSync, readFileSync } from "node:fs";

/** The messages of RFC 4475, one datagram a file. */
const DIRECTORY = "tests/contract/sip/torture";

/** Base64 of each. */
export const tortureMessages = (): readonly string[] =>
  readdirSync(DIRECTORY).map((name) => readFileSync(`${DIRECTORY}/${name}`).toString("base64"));

const generator = (seed: number): ((below: number) => number) => {
  let state = seed;
  return (below) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state % below;
  };
};

/** Datagrams of random length and content, half of them with the first line of a request; the same for the same seed. */
export const randomDatagrams = (count: number, seed: number): readonly string[] => {
  const random = generator(seed);
  return Array.from({ length: count }, (_, index) => {
    const noise = Buffer.from(Array.from({ length: 1 + random(1200) }, () => random(256)));
    const head = Buffer.from(index % 2 === 0 ? "" : "INVITE sip:b@test.invalid SIP/2.0\r\nVia: ");
    return Buffer.concat([head, noise]).toString("base64");
  });
};

/** Each message ten times over, with some bytes changed by chance and cut off anywhere; the same for the same seed. */
export const garbled = (messages: readonly string[], seed: number): readonly string[] => {
  const random = generator(seed);
  const once = (message: string): string => {
    const bytes = Buffer.from(message, "base64");
    for (let hits = random(20); hits >= 0; hits -= 1)
      bytes.writeUInt8(random(256), random(bytes.length));
    return bytes.subarray(0, 1 + random(bytes.length)).toString("base64");
  };
  return messages.flatMap((message) => Array.from({ length: 10 }, () => once(message)));
};
