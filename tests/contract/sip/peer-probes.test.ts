import test from "ava";
import { z } from "zod";
import { bundlePrograms } from "../../../ops/package/bundle.ts";
import { APPLIANCE, DOMAIN } from "./appliance.ts";
import { Lan } from "./line.ts";
import { EngineNode } from "./node.ts";
import { until } from "./until.ts";
import { answerText, openActiveNode, openAt, say } from "./wires.ts";

/* Peer hosts that are asked whether they answer: who is silent gets no calls, and nobody waits for it. */

const LIMIT_MS = 60_000;
const THRESHOLDS = { unavailableThreshold: 2, availableThreshold: 2 };
const node = new EngineNode("peer-probes", {
  ...APPLIANCE,
  proxy: {
    ...APPLIANCE.proxy,
    peerProbe: {
      ...APPLIANCE.proxy.peerProbe,
      // An answer of a busy machine is still one.
      ...{ intervalSeconds: 1, timeoutSeconds: 4, ...THRESHOLDS },
    },
  },
});
const lan = new Lan(node);

/** What `asked`, a wire at 192.0.2.125, answers to probes; nothing when it is undefined. */
let answer: string | undefined = "200 OK";

/** Phone `works` takes whatever call reaches it; `plain` is a wire that says nothing, and is not probed. */
const has = (probe = true, weight = 1): Promise<void> =>
  node.provision({
    ...Lan.subscribers({ a: { numbers: ["4319001"] } }),
    peer_groups: {
      first: {
        priority: 1,
        rules: [{ callee_prefix: 43 }, { callee_prefix: 44 }],
        hosts: { asked: { ip: "192.0.2.125", host: "asked.invalid", probe, weight } },
      },
      second: {
        priority: 2,
        rules: [{ callee_prefix: 43 }, { callee_prefix: 45 }],
        hosts: { works: { ip: "192.0.2.103", port: 5070 } },
      },
      third: {
        priority: 1,
        rules: [{ callee_prefix: 45 }],
        hosts: { plain: { ip: "192.0.2.126" } },
      },
    },
  });

const heard = (wire: string, wanted: string, withinMs = 10_000): Promise<string> =>
  lan.phones.ask({ kind: "heard", wire, wanted, withinMs });

const hasHeard = (wire: string, wanted: string): Promise<boolean> =>
  heard(wire, wanted, 1).then(
    () => true,
    () => false,
  );

/** Answers each probe as the test says at that time, until the wire is gone. */
const answerProbes = async (): Promise<void> => {
  for (;;) {
    const probe = await heard("asked", "^OPTIONS ", LIMIT_MS);
    if (answer !== undefined) await say(lan, "asked", [answerText(probe, answer, [])]);
  }
};

const call = (number: string): Promise<{ status: number; callId: string }> =>
  lan.phones.ask({ kind: "call", phone: "a", uri: `sip:${number}@${DOMAIN}` });

/** Ends the call that `works` has taken; the mark of its start record. */
const finish = async (callId: string): Promise<string> => {
  const { callId: there } = await lan.phones.ask({ kind: "arrival", phone: "works" });
  await lan.phones.ask({ kind: "bye", phone: "a", callId });
  return (await lan.delivered("works", callId, there)).row;
};

/** Calls the number; `wire` refuses the call, so nobody else gets it. */
const reaches = async (wire: string, number: string): Promise<number> => {
  const setUp = call(number);
  const invite = await heard(wire, `^INVITE sip:${number}@`);
  await say(lan, wire, [answerText(invite, "486 Busy Here", [])]);
  return (await setUp).status;
};

const Lines = z.array(
  z.object({
    name: z.string(),
    state: z.string(),
    silentSince: z.string().optional(),
    lastCode: z.number().optional(),
  }),
);

const kamctl = (words: string): Promise<string> => node.run(`node /opt/ngcp-kamctl.cjs ${words}`);

const lineOf = async (host: string) =>
  Lines.parse(JSON.parse(await kamctl("--json proxy peer show"))).find(({ name }) => name === host);

const becomes = (state: string, lastCode?: number): Promise<void> =>
  until(async () => {
    const line = await lineOf("asked");
    return line?.state === state && (lastCode === undefined || line.lastCode === lastCode);
  }, LIMIT_MS);

/** How often the journal says so. */
const said = async (words: string): Promise<number> =>
  Number(await node.run(`journalctl -u ngcp-proxy | grep -c '${words}' || true`));

const SILENT = "NGCP_PEER_HOST_SILENT: peer host asked ";
const BACK = "peer host asked answers again";

test.before(async () => {
  await openActiveNode(node, (root) =>
    bundlePrograms(
      process.cwd(),
      [{ name: "ngcp-kamctl", entry: "ops/bin/ngcp-kamctl.ts" }],
      `${root}/opt`,
    ),
  );
  await openAt(lan, "asked", "192.0.2.125");
  await openAt(lan, "plain", "192.0.2.126");
  await lan.open("a", { address: "192.0.2.101", port: 5060 });
  await lan.open("works", { address: "192.0.2.103", port: 5070 });
  await has();
  await lan.register("a");
});

test.after.always(async () => {
  await lan.close();
  await node.remove();
});

test.serial("a probe takes the way of a call, and shows nothing of the inside", async (t) => {
  const probe = await heard("asked", "^OPTIONS ", LIMIT_MS);
  t.regex(probe, /^OPTIONS sip:asked\.invalid:5060;transport=udp SIP\/2\.0\r\n/);
  t.regex(probe, /^From: <sip:ping@probe\.ngcp\.local>;tag=/m);
  t.notRegex(probe, /127\.0\.0\.1|P-NGCP|:50(?:62|80)\b/);
  answerProbes().catch(() => undefined);
  await becomes("available", 200);
  t.is(await reaches("asked", "431"), 486);
});

test.serial("who is silent is left out at once, and that is said once", async (t) => {
  const before = await said(SILENT);
  answer = undefined;
  await becomes("silent", 408);
  const { callId } = await call("432");
  t.is(await finish(callId), "200 432 peer=works");
  t.false(await hasHeard("asked", "^INVITE sip:432@"));
  t.regex(
    await kamctl("proxy peer show"),
    /^asked +first +192\.0\.2\.125:5060\/udp +silent +20\S+Z +408$/m,
  );
  // Once more as many probes as the threshold has.
  const failed = () => node.run("kamcmd -s /run/ngcp-proxy/ctl htable.dump probes");
  await until(
    async () => /name: failed:\d+\s+value: (?:[4-9]|\d\d)/.test(await failed()),
    LIMIT_MS,
  );
  t.is(await said(SILENT), before + 1);
});

test.serial("another change of its group makes it no other host", async (t) => {
  await has(true, 7);
  const { callId } = await call("437");
  t.is(await finish(callId), "200 437 peer=works");
  t.false(await hasHeard("asked", "^INVITE sip:437@"));
});

test.serial("where nobody else takes the number it is tried all the same", async (t) => {
  t.is(await reaches("asked", "441"), 486);
});

test.serial("who answers again gets calls again, and that is said once", async (t) => {
  const before = await said(BACK);
  answer = "200 OK";
  await becomes("available", 200);
  t.is(await said(BACK), before + 1);
  t.is(await reaches("asked", "433"), 486);
});

test.serial("what is no answer that counts is silence, and what counts is not", async (t) => {
  answer = "503 Service Unavailable";
  // The load-balancer makes it 500 (RFC 3261 section 16.7).
  await becomes("silent", 500);
  const { callId } = await call("434");
  t.is(await finish(callId), "200 434 peer=works");
  answer = "404 Not Found";
  await becomes("available", 404);
  answer = "407 Proxy Authentication Required";
  await becomes("available", 407);
  t.is(await reaches("asked", "435"), 486);
});

test.serial(
  "a host without the flag is never asked, and gets its calls however it is",
  async (t) => {
    t.is((await lineOf("plain"))?.state, "unprobed");
    t.is(await reaches("plain", "451"), 486);
    t.false(await hasHeard("plain", "^OPTIONS "));
    t.is((await lineOf("works"))?.state, "unprobed");
  },
);

test.serial("without its flag a silent host gets calls from the next one on", async (t) => {
  answer = undefined;
  await becomes("silent");
  await has(false);
  t.is(await reaches("asked", "436"), 486);
  await has();
});

test.serial("a proxy that takes over knows nothing against anybody", async (t) => {
  await becomes("silent");
  const before = await said(SILENT);
  await node.run("systemctl restart ngcp-proxy");
  await until(async () => (await said(SILENT)) === before + 1, LIMIT_MS);
  t.pass();
});

test.serial("a proxy that only stands ready asks nobody", async (t) => {
  await node.sql("set global read_only = ON");
  await node.run("systemctl restart ngcp-proxy");
  const uptime = async (): Promise<number> =>
    Number(
      /uptime: (\d+)/.exec(
        await node.run("kamcmd -s /run/ngcp-proxy/ctl core.uptime || true"),
      )?.[1] ?? 0,
    );
  // Some intervals.
  await until(async () => (await uptime()) >= 4, LIMIT_MS);
  t.is((await lineOf("asked"))?.state, "unknown");
  await node.sql("set global read_only = OFF");
  await becomes("silent");
});
