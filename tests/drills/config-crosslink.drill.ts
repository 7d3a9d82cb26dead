import { NODES } from "../../ops/lab/names.ts";
import { drill } from "./harness/drill.ts";
import { ExpectationError } from "./harness/expectation-error.ts";

const PREFIX = 29;
const DEVICE = "eth1";
const USUAL = { sp1: "192.168.255.251", sp2: "192.168.255.252" };
const OTHER = { sp1: "192.168.255.253", sp2: "192.168.255.254" };

/** Where the peer is heard, about configuration and copies of the database. */
const LISTENING = `ss -Hltn 'sport = :6946 or sport = :6947' | sed 's/.* \\([0-9.]*\\):694.*/\\1/;s/.* \\([0-9.]*\\)%.*/\\1/' | sort -u`;

export const story = drill(
  "config-crosslink",
  "both nodes get other addresses on the crosslink with ngcpcfg apply --pair; they find each other there, and the call goes on",
  async (pair) => {
    await pair.ready();
    const { active, standby, faults } = pair;
    const move = async (to: typeof USUAL, message: string): Promise<void> => {
      const values = NODES.map((node) => `hosts.${node}.${DEVICE}.ip=${to[node]}`);
      await faults.must(active, ["ngcpcfg", "set", ...values]);
      await faults.must(active, ["ngcpcfg", "apply", "--pair", message]);
    };
    const addresses = async (verb: "add" | "del"): Promise<void> => {
      for (const node of NODES)
        await faults.must(node, ["ip", "addr", verb, `${OTHER[node]}/${PREFIX}`, "dev", DEVICE]);
    };
    faults.undoLater("crosslink addresses", async () => {
      await move(USUAL, "as before");
      await addresses("del");
    });

    await addresses("add");
    await move(OTHER, "other addresses on the crosslink");
    await pair.settled();
    for (const node of [active, standby]) {
      const heard = (await faults.must(node, ["sh", "-c", LISTENING])).trim();
      if (heard !== OTHER[node]) throw new ExpectationError(`${node} listens at ${heard}`);
    }
    await faults.must(active, ["ngcpcfg", "push"]);
    await faults.must(standby, ["ngcpcfg", "push"]);
    await pair.expect.noTakeover({ forMs: 1000 });
    pair.expect.neverBothHeld();
    await pair.expect.callKept();
  },
);
