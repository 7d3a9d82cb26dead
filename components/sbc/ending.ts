import type { Desk } from "./desk.ts";
import type { Exchanges } from "./exchanges.ts";
import type { Farewells } from "./farewells.ts";
import type { LiveCall } from "./live-calls.ts";
import type { Header } from "./sip/header.ts";
import type { EndCause } from "./tally.ts";

/** What carries calls on, and ends them. */
export interface Parts {
  readonly desk: Desk;
  readonly exchanges: Exchanges;
  readonly farewells: Farewells;
}

const reason = (text: string, cause = 16): Header => ({
  name: "Reason",
  value: `Q.850;cause=${cause};text="${text}"`,
});

/** What a BYE of the sbc's own says (RFC 3326); the causes are those of Q.850. */
const REASONS: Readonly<Record<EndCause, Header>> = {
  operator: reason("ended by the operator"),
  callLength: reason("the longest duration of a call is over"),
  sessionTimer: reason("the session was not refreshed", 102),
  keepAlive: reason("the other side does not answer", 102),
  credit: reason("the credit is used up"),
  accounting: reason("what comes next cannot be paid now", 41),
};

/** Ends a call that neither side ends: BYE to both, or the end of an INVITE that nobody has answered. */
export const endCall = (live: LiveCall, cause: EndCause, parts: Parts): void => {
  const { desk, exchanges, farewells } = parts;
  const { established, exchange } = live.call;
  // A re-INVITE that was cancelled leaves the call as it was.
  const isCancelled = !established && exchange?.cancelled === true;
  if (live.call.farewells !== undefined || isCancelled) return;
  desk.tally.endedHere(cause);
  if (!established && exchange?.state !== "answered") {
    exchanges.cancel(live);
    return;
  }
  exchanges.abandon(live);
  void farewells.end(live, ["caller", "callee"], REASONS[cause]);
};
