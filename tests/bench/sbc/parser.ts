import { parseMessage } from "../../../components/sbc/sip/parse.ts";
import { serialize } from "../../../components/sbc/sip/serialize.ts";
import type { Figure } from "../figure.ts";
import { figure } from "../figure.ts";
import { LONG_INVITE } from "../sip-messages.ts";

const RUNS = 10;
const MESSAGES = 20_000;
/** The targets for one 1.1-kB INVITE on one core. */
const PARSE_MICROS = 20;
const WRITE_MICROS = 5;

/** Microseconds of processor time that one call of `work` takes, over many of them. */
const microsOf = (work: () => void): number => {
  const before = process.cpuUsage();
  for (let count = 0; count < MESSAGES; count += 1) work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / MESSAGES;
};

/** How long the parser and the serializer take for an INVITE of 1.1 kB; the first run warms up and is not counted. */
export const sbcParser = (): Figure[] => {
  const message = parseMessage(LONG_INVITE);
  if (message.kind === "malformed") throw new Error(message.reason);
  const parses: number[] = [];
  const writes: number[] = [];
  for (let run = 0; run <= RUNS; run += 1) {
    parses.push(microsOf(() => parseMessage(LONG_INVITE)));
    writes.push(microsOf(() => serialize(message)));
  }
  return [
    figure("parse an INVITE", "us", parses.slice(1), { atMost: PARSE_MICROS }),
    figure("write an INVITE", "us", writes.slice(1), { atMost: WRITE_MICROS }),
    figure("length of the INVITE", "bytes", [LONG_INVITE.length]),
  ];
};
