import test from "ava";
import { APPLIANCE } from "./appliance.ts";
import { applicationsServe, dial, saidInBye } from "./dialled.ts";
import { Lan } from "./line.ts";
import { EngineNode } from "./node.ts";
import { until } from "./until.ts";
import { openActiveNode } from "./wires.ts";

/* Reminders: set by a code, called by the application through B2BUA and proxy, as often as allowed whatever is killed. */

const node = new EngineNode("reminder", {
  ...APPLIANCE,
  reminder: {
    ...APPLIANCE.reminder,
    uri: "sip:voice@192.0.2.105:5070",
    retrySeconds: 0,
    timezone: "Europe/Vienna",
  },
});
const lan = new Lan(node);

/** So long that whatever is killed is killed while it rings. */
const LONG_RING_MS = 600_000;

test.before(async () => {
  await openActiveNode(node);
  await node.provision(
    Lan.subscribers({
      a: { numbers: ["4319001"], call_forwards: { cfu: "4319002" } },
      b: { numbers: ["4319002"] },
      c: { numbers: ["4319003"], reminder: { time: "07:00", recur: "weekdays", active: false } },
    }),
  );
  await lan.openBoth();
  await lan.open("c", { address: "192.0.2.103", port: 5060 }, { ringMs: LONG_RING_MS });
  await lan.register("c");
  await lan.open("voice", { address: "192.0.2.105", port: 5070 });
  await applicationsServe(node);
});

test.after.always(async () => {
  await lan.close();
  await node.remove();
});

const idOf = (user: string): string =>
  `(select id from provisioning.voip_subscribers where username = '${user}')`;

/** As if it had been set long ago, for so many minutes before now by the clocks of Vienna. */
const dueBefore = async (user: string, minutes: number, recur = "never"): Promise<void> => {
  const due = new Date(Date.now() - minutes * 60_000);
  const time = due.toLocaleTimeString("en-GB", { timeZone: "Europe/Vienna" }).slice(0, 5);
  const hoursAgo = `unix_timestamp() - 7200`;
  await node.sql(
    `replace into provisioning.voip_reminder (subscriber_id, time, recur, set_at) values (${idOf(user)}, '${time}', '${recur}', ${hoursAgo})`,
  );
};

const callsOf = (user: string): Promise<string> =>
  node.sql(
    `select concat_ws(' ', state, attempts) from provisioning.voip_reminder_calls where subscriber_id = ${idOf(user)}`,
  );

/** The Call-IDs of the INVITEs that a phone was sent: one each time that it rang. */
const ringsOf = async (phone: string): Promise<number> => {
  const heard = await lan.phones.ask({ kind: "transcript", phone });
  const ids = heard
    .filter((text) => text.startsWith("INVITE"))
    .map((text) => /^Call-ID: (.*)$/m.exec(text)?.[1]);
  return new Set(ids).size;
};

const told = async (code: string): Promise<string> => saidInBye(lan, await dial(lan, code));

test.serial("a reminder is set, told and forgotten by its code", async (t) => {
  t.is(await told("*#55#"), "there is no reminder");
  t.is(await told("*55*0730#"), "a reminder at 07.30 once");
  t.is(await told("*#55#"), "a reminder at 07.30 once");
  t.is(await told("#55"), "there is no reminder");
});

test.serial(
  "one that is due calls the subscriber's own phone and connects it with the announcement",
  async (t) => {
    const rung = lan.phones.ask({ kind: "arrival", phone: "a" });
    const spoken = lan.phones.ask({ kind: "arrival", phone: "voice" });
    await dueBefore("a", 1);
    const { callId } = await rung;
    const { callId: there } = await spoken;
    await until(async () => (await callsOf("a")) === "answered 1", 30_000);
    await until(async () => {
      const { received } = await lan.phones.ask({ kind: "audio", phone: "a", callId });
      return received > 10;
    }, 30_000);
    await lan.phones.ask({ kind: "bye", phone: "voice", callId: there });
    await lan.phones.ask({ kind: "ended", phone: "a", callId });
    t.is(await ringsOf("b"), 0);
    t.is(await told("*#55#"), "there is no reminder");
    await node.run("systemctl restart ngcp-sbc-apps");
  },
);

test.serial("one that was due while nobody served is missed, and the log says so", async (t) => {
  await dueBefore("b", 11);
  await until(async () => (await callsOf("b")) === "missed 0", 30_000);
  t.is(await ringsOf("b"), 0);
  // The new process has looked at both.
  t.is(await ringsOf("a"), 1);
  t.regex(
    await node.run("journalctl -u ngcp-sbc-apps -o cat"),
    /NGCP_REMINDER_MISSED: missed: b@test\.invalid/,
  );
});

/** From the next look on. */
const limit = (limits: Readonly<Record<string, number>>): Promise<string> => {
  const edits = Object.entries(limits).map(
    ([name, value]) => `s/"${name}": [0-9]*/"${name}": ${value}/`,
  );
  return node.run(`sed -i '${edits.join(";")}' /etc/ngcp-sbc-apps/settings.json`);
};

/** Resolves when a look has begun and ended since. */
const looked = async (): Promise<void> => {
  for (let looks = 0; looks < 2; looks += 1) {
    await node.sql(
      `delete from provisioning.voip_reminder_calls where subscriber_id = ${idOf("a")}`,
    );
    await dueBefore("a", 11);
    await until(async () => (await callsOf("a")) === "missed 0", 30_000);
  }
};

const killApplications = async (): Promise<void> => {
  const first = await node.mainPid("ngcp-sbc-apps");
  await node.run("systemctl kill -s KILL ngcp-sbc-apps");
  await until(async () => ![0, first].includes(await node.mainPid("ngcp-sbc-apps")), 30_000);
};

test.serial("killed while it rings, it rings once more and no more", async (t) => {
  await dueBefore("c", 1, "always");
  await until(async () => (await ringsOf("c")) === 1, 30_000);
  t.is(await callsOf("c"), "ringing 1");
  await killApplications();
  await until(async () => (await ringsOf("c")) === 2, 30_000);
  t.is(await callsOf("c"), "ringing 2");
  await killApplications();
  await until(async () => (await callsOf("c")) === "unanswered 2", 30_000);
  t.is(await ringsOf("c"), 2);
});

test.serial("those that are too many at once wait until one has ended", async (t) => {
  const [ringsOfB, ringsOfC] = [await ringsOf("b"), await ringsOf("c")];
  await limit({ atOnce: 1 });
  await node.sql("delete from provisioning.voip_reminder_calls");
  await dueBefore("c", 1, "always");
  await until(async () => (await ringsOf("c")) === ringsOfC + 1, 30_000);
  await dueBefore("b", 1);
  await looked();
  t.is(await callsOf("b"), "");
  t.is(await callsOf("c"), "ringing 1");
  t.is(await ringsOf("b"), ringsOfB);
  // Whoever has not been called yet comes before the second call of another one.
  await killApplications();
  await until(async () => (await callsOf("b")) === "answered 1", 30_000);
  t.is(await callsOf("c"), "ringing 1");
  await node.sql(
    `update provisioning.voip_reminder set active = 0 where subscriber_id = ${idOf("c")}`,
  );
  await killApplications();
});

test.serial("a ring that the proxy has forgotten ends, and another one follows", async (t) => {
  t.timeout(400_000);
  const before = await ringsOf("c");
  await limit({ atOnce: 50, ringSeconds: 20 });
  await node.sql(`delete from provisioning.voip_reminder_calls where subscriber_id = ${idOf("c")}`);
  await dueBefore("c", 1, "always");
  await until(async () => (await ringsOf("c")) === before + 1, 30_000);
  await node.run("systemctl kill -s KILL ngcp-proxy");
  await until(async () => (await ringsOf("c")) === before + 2, 120_000);
  await until(async () => (await callsOf("c")) === "unanswered 2", 120_000);
  t.is(await ringsOf("c"), before + 2);
});
