import test from "ava";
import { headerValue } from "../../../components/sbc/sip/header.ts";
import { opened } from "./line.ts";
import type { Lines } from "./wire-phone.ts";

/* What the running B2BUA says to a request outside of a dialog that it cannot take (RFC 3261 section 8.2). */

interface Refused {
  readonly what: string;
  readonly method: string;
  readonly lines?: Lines;
  readonly body?: string;
  readonly status: number;
  /** A header that says what would be taken. */
  readonly says?: readonly [string, RegExp];
}

const REFUSED: readonly Refused[] = [
  { what: "a method of nobody's", method: "NEWMETHOD", status: 501, says: ["Allow", /INVITE/] },
  {
    what: "a method that is not for it",
    method: "REGISTER",
    status: 405,
    says: ["Allow", /INVITE/],
  },
  { what: "a message that belongs into a call", method: "MESSAGE", status: 405 },
  { what: "an UPDATE of no call", method: "UPDATE", status: 481 },
  {
    what: "an extension that the way must have",
    method: "INVITE",
    lines: { "Proxy-Require": "tandem-unheard-of" },
    status: 420,
    says: ["Unsupported", /^tandem-unheard-of$/],
  },
  {
    what: "a caller that takes no session",
    method: "INVITE",
    lines: { Accept: "text/plain" },
    status: 406,
  },
  {
    what: "an offer that is compressed",
    method: "INVITE",
    lines: { "Content-Encoding": "gzip" },
    body: "v=0\r\n",
    status: 415,
    says: ["Accept-Encoding", /identity/],
  },
];

test.serial(
  "each request that cannot be taken is refused for its own reason, and nobody is called",
  async (t) => {
    const { pair, caller, callee } = await opened(t);
    for (const { what, method, lines = {}, body = "", status, says } of REFUSED) {
      const sent = caller.outside(method, pair.port, { lines, body });
      const answer = await caller.response(sent, status);
      if (says !== undefined) t.regex(headerValue(answer, says[0]) ?? "", says[1], what);
      t.is(caller.answers(sent).at(-1)?.status, status, what);
    }
    t.deepEqual(callee.heard, []);
  },
);

test.serial("an OPTIONS with no hop left ends here and is answered", async (t) => {
  const { pair, caller } = await opened(t);
  const sent = caller.outside("OPTIONS", pair.port, { lines: { "Max-Forwards": "0" } });
  t.is((await caller.response(sent, 200)).status, 200);
});
