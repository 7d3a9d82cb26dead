import { setTimeout as pause } from "node:timers/promises";
import { drill } from "./harness/drill.ts";

const BROKEN_MS = 60_000;
const BREAK =
  "mv /usr/sbin/kamailio /usr/sbin/kamailio.away && systemctl kill -s KILL ngcp-proxy || true";
const MEND = "mv /usr/sbin/kamailio.away /usr/sbin/kamailio";

export const story = drill(
  "component-unfit-both",
  "the SIP proxy can start on neither node; the role does not go back and forth, somebody holds the address, and afterwards the phones are reached",
  async (pair) => {
    await pair.settled();
    await pair.phonesUp();
    await pair.quiet();
    const nodes = [pair.active, pair.standby];

    for (const node of nodes) {
      pair.faults.undoLater(`proxy ${node}`, async () => {
        await pair.faults.exec(node, ["sh", "-c", MEND]);
      });
      await pair.faults.must(node, ["sh", "-c", BREAK]);
    }
    await pause(BROKEN_MS);
    pair.expect.takeoversAtMost(2);
    pair.expect.servedBySomebody();
    pair.expect.neverBothHeld();

    for (const node of nodes) await pair.faults.must(node, ["sh", "-c", MEND]);
    await pair.settled();
    await pair.expect.phonesReached();
  },
);
