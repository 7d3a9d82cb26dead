import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseMessage } from "../../../../../components/sbc/sip/parse.ts";
import { rejectionOf } from "../../../../../components/sbc/sip/rejection.ts";
import { checkout } from "../../../../golden/golden.ts";

/** The messages of RFC 4475, one datagram a file. */
export const DIRECTORY = join(checkout, "tests/contract/sip/torture");

/** What RFC 4475 asks of the parser: the message understood, answered with this, or dropped. */
type Expectation = "understood" | `${400 | 505} ${string}` | "dropped";

export const EXPECTED: Readonly<Record<string, Expectation>> = {
  // 3.1.1: valid messages
  wsinv: "understood",
  intmeth: "understood",
  esc01: "understood",
  escnull: "understood",
  esc02: "understood",
  lwsdisp: "understood",
  longreq: "understood",
  dblreq: "understood",
  semiuri: "understood",
  transports: "understood",
  mpart01: "understood",
  unreason: "understood",
  noreason: "understood",
  // 3.1.2: invalid messages
  badinv01: "400 Malformed Contact",
  clerr: "400 Content-Length Exceeds Message",
  ncl: "400 Malformed Content-Length",
  scalar02: "400 Malformed Max-Forwards",
  scalarlg: "dropped",
  quotbal: "400 Malformed To",
  ltgtruri: "400 Malformed Start Line",
  lwsruri: "400 Malformed Start Line",
  lwsstart: "400 Malformed Start Line",
  trws: "400 Malformed Start Line",
  escruri: "400 Malformed Start Line",
  baddate: "understood", // an element that does not need Date may ignore it
  regbadct: "400 Malformed Contact",
  badaspec: "400 Malformed To",
  baddn: "400 Malformed Header Section", // the file ends before the empty line, too
  badvers: "505 Version Not Supported",
  mismatch01: "400 CSeq Method Mismatch",
  mismatch02: "400 CSeq Method Mismatch",
  bigcode: "dropped",
  // 3.2: the transaction layer's
  badbranch: "understood",
  // 3.3: legal syntax, the core's to judge, but where nothing could be matched
  insuf: "400 Missing From",
  unkscm: "understood",
  novelsc: "understood",
  unksm2: "understood",
  bext01: "understood",
  invut: "understood",
  regaut01: "understood",
  multi01: "400 Repeated CSeq",
  mcl01: "400 Repeated Content-Length",
  bcast: "understood",
  zeromf: "understood",
  cparam01: "understood",
  cparam02: "understood",
  regescrt: "understood",
  sdp01: "understood",
  // 3.4: an implementation of RFC 2543
  inv2543: "understood",
};

/** What becomes of one of them. */
export const outcome = (name: string): string => {
  const bytes = readFileSync(join(DIRECTORY, `${name}.dat`));
  const message = parseMessage(bytes);
  if (message.kind !== "malformed") return "understood";
  const answer = rejectionOf(message, { address: "192.0.2.1", port: 5060 });
  return answer?.bytes.toString().split("\r\n")[0]?.replace("SIP/2.0 ", "") ?? "dropped";
};
