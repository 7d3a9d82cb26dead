import { readFileSync } from "node:fs";
import test from "ava";
import type { ExecutionContext } from "ava";
import { APPLIANCE } from "./appliance.ts";
import { Lan } from "./line.ts";
import { EngineNode } from "./node.ts";
import { open, openActiveNode, say } from "./wires.ts";

/* What the messages of RFC 4475 are answered with, each from a socket of its own: no one is banned for the others. */

const DIRECTORY = "tests/contract/sip/torture";
const HOSTS = 7;
const SILENCE_MS = 1_500;

const node = new EngineNode("torture", {
  ...APPLIANCE,
  sip: { ...APPLIANCE.sip, domains: ["example.com", "example.net", "example.org", "company.com"] },
});
const lan = new Lan(node);

test.before(async () => {
  await openActiveNode(node);
});

test.after.always(async () => {
  await lan.close();
  await node.remove();
});

const answerTo = async (name: string, index: number): Promise<readonly [string, string]> => {
  await open(lan, name, `192.0.2.${101 + (index % HOSTS)}`);
  await say(lan, name, [readFileSync(`${DIRECTORY}/${name}.dat`).toString("base64")]);
  const answer = await lan.phones
    .ask({ kind: "heard", wire: name, wanted: "^SIP/2.0 [2-6]", withinMs: SILENCE_MS })
    .catch(() => "SIP/2.0 silence\r");
  return [name, /^SIP\/2\.0 (.*)\r$/m.exec(answer)?.[1] ?? answer];
};

/** 3.1.1 and 3.3: right, if odd. Who sends it is asked for its password, so it was understood. */
const UNDERSTOOD =
  "badaspec badbranch baddate cparam01 cparam02 esc01 escnull invut lwsdisp regaut01 regescrt sdp01 semiuri transports trws";

/** The status that the RFC names. */
const NAMED: Readonly<Record<number, string>> = {
  400: "baddn clerr ltgtruri mismatch01 mismatch02 regbadct scalar02 unksm2",
  416: "novelsc unkscm",
  420: "bext01",
  483: "zeromf",
};

/** What Kamailio cannot read it drops, where the RFC would have 400 or, of badvers, 505; and answers that nobody asked for. */
const DROPPED =
  "badinv01 badvers bcast bigcode insuf lwsruri lwsstart mcl01 multi01 ncl noreason quotbal scalarlg unreason";

const asExpected = async (t: ExecutionContext, names: string, wanted: RegExp): Promise<void> => {
  const answers = await Promise.all(names.split(" ").map(answerTo));
  t.deepEqual(
    answers.filter(([, answer]) => !wanted.test(answer)),
    [],
  );
};

test.serial("what is right is understood, however odd it is", (t) =>
  asExpected(t, UNDERSTOOD, /^(401 Unauthorized|407 Proxy Authentication Required)$/),
);

for (const [status, names] of Object.entries(NAMED))
  test.serial(`what the RFC wants ${status} for gets it`, (t) =>
    asExpected(t, names, new RegExp(`^${status} `)),
  );

test.serial("what cannot be read, and answers to nothing, are dropped", (t) =>
  asExpected(t, DROPPED, /^silence$/),
);

// The records of calls have no room for its names.
test.serial("what is too long for a record says so", (t) =>
  asExpected(t, "longreq", /^400 Too Long$/),
);
