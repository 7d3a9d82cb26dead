import { freeUdpPort, SbcPair } from "../../contract/sbc/pair.ts";
import { asCallee, Sipp, scenario, TIMER_J_MS } from "../../contract/sbc/sipp.ts";
import { until } from "../../contract/sip/until.ts";
import type { Figure } from "../figure.ts";
import { figure } from "../figure.ts";

const CALLS = 1_000;
const CALLS_PER_SECOND = 50;
const LOST = ["-lost", "10"];
const LIMIT_MS = 60_000;

/** A tenth of all messages is lost at both ends, in both directions: every call is answered and ended all the same. */
export const sbcLoss = async (): Promise<Figure[]> => {
  const port = await freeUdpPort();
  const pair = await SbcPair.start(port);
  const callee = new Sipp([...asCallee(TIMER_J_MS), "-p", String(port), ...LOST]);
  const load = ["-m", String(CALLS), "-r", String(CALLS_PER_SECOND), "-d", "500", ...LOST];
  const caller = new Sipp([`127.0.0.1:${pair.port}`, "-sf", scenario("caller"), ...load]);
  try {
    await caller.ended();
    await until(async () => (await pair.leftOver()).length === 0, LIMIT_MS);
    const { good, retransmissions } = caller.calls();
    return [
      figure("10 % of the messages lost at both ends", `of ${CALLS} calls`, [good], {
        atLeast: CALLS,
      }),
      figure("  messages that the caller sent again", "messages", [retransmissions]),
    ];
  } finally {
    await Promise.all([caller.remove(), callee.remove(), pair.end()]);
  }
};
