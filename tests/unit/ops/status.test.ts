import test from "ava";
import { replication } from "../../../ops/commands/replication/index.ts";
import { status } from "../../../ops/commands/status.ts";
import { matchesGolden } from "../../golden/golden.ts";
import {
  ACTIVE,
  ACTIVE_PEER_GONE,
  ACTIVE_PEER_IN_NEED,
  runAgainst,
  STANDBY_IN_NEED,
} from "./daemon-of-a-test.ts";

process.env["TZ"] = "UTC";

const SITUATIONS = [
  ["active", ACTIVE],
  ["active-peer-in-need", ACTIVE_PEER_IN_NEED],
  ["active-peer-gone", ACTIVE_PEER_GONE],
  ["standby-in-need", STANDBY_IN_NEED],
] as const;

for (const [name, answer] of SITUATIONS) {
  const answers = { status: answer };

  test(`the status of a node that is ${name}`, async (t) => {
    const { end, said, complained } = await runAgainst(status, [], { answers });
    t.is(end, "done");
    t.deepEqual(complained, []);
    matchesGolden(t, `tests/golden/status/${name}.txt`, `${said.join("\n")}\n`);
  });

  test(`the banner of a node that is ${name}`, async (t) => {
    const { said } = await runAgainst(status, ["--banner"], { answers });
    matchesGolden(t, `tests/golden/status/${name}.banner.txt`, `${said.join("\n")}\n`);
  });

  test(`ngcp-replication on a node that is ${name}`, async (t) => {
    const { said } = await runAgainst(replication, [], { answers });
    matchesGolden(t, `tests/golden/status/${name}.replication.txt`, `${said.join("\n")}\n`);
  });

  test(`--json of ngcp-replication on a node that is ${name} has the stores of both`, async (t) => {
    const { said } = await runAgainst(replication, ["status", "--json"], { answers });
    const { node, role, stores, quarantine, peer } = answer;
    t.deepEqual(JSON.parse(said.join("\n")), { node, role, stores, quarantine, peer });
  });

  test(`--json of a node that is ${name} is what the daemon answered`, async (t) => {
    const { said } = await runAgainst(status, ["--json"], { answers });
    t.deepEqual(JSON.parse(said.join("\n")), answer);
  });
}

test("without a daemon it shows what systemd knows", async (t) => {
  const unitStates = { "ngcp-mysql.service": "active", "ngcp-redis.service": "failed" };
  const { end, said, complained } = await runAgainst(status, [], { unitStates });
  t.is(end, "unreachable");
  t.regex(complained[0] ?? "", /^NGCP_DAEMON_NOT_RUNNING: /);
  t.is(said[0], "sp1: the role is unknown. What systemd knows of the components:");
  t.true(said.includes("  mysql     systemd says active"));
  t.true(said.includes("  redis     systemd says failed"));
});

test("without a daemon --json has no role", async (t) => {
  const { end, said } = await runAgainst(status, ["--json"], {});
  const answer: unknown = JSON.parse(said.join("\n"));
  t.is(end, "unreachable");
  t.like(answer, { node: "sp1", role: null, code: "NGCP_DAEMON_NOT_RUNNING" });
});

test("without a daemon the banner is one line", async (t) => {
  const { said, complained } = await runAgainst(status, ["--banner"], {});
  t.deepEqual(said, ["sp1: nobody knows whether this node is active, ngcp-ha does not answer."]);
  t.deepEqual(complained, []);
});

test("--watch goes on until it is interrupted", async (t) => {
  const interrupt = new AbortController();
  const { asked } = await runAgainst(status, ["--watch"], {
    answers: { status: ACTIVE },
    interrupted: interrupt.signal,
    onAsked: (times) => {
      if (times === 2) interrupt.abort();
    },
  });
  t.is(asked.length, 2);
});

test("an answer that the daemon refuses to give is a failure and no silence", async (t) => {
  const { end, complained } = await runAgainst(status, [], { answers: {} });
  t.is(end, "failed");
  t.regex(complained[0] ?? "", /^NGCP_CONTROL_ANSWER: .*500/);
});
