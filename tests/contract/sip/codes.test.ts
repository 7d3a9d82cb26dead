import test from "ava";
import type { ExecutionContext } from "ava";
import { APPLIANCE, DOMAIN } from "./appliance.ts";
import { applicationsServe, dial, saidInBye } from "./dialled.ts";
import { Lan } from "./line.ts";
import { EngineNode } from "./node.ts";
import { until } from "./until.ts";
import { openActiveNode } from "./wires.ts";

/* What subscriber a dials that is no number: codes, which change what is provisioned, and the conference. */

const CONFERENCE = "sip:room@192.0.2.104:5070";

const node = new EngineNode("codes", {
  ...APPLIANCE,
  proxy: {
    ...APPLIANCE.proxy,
    applications: { ...APPLIANCE.proxy.applications, conference: CONFERENCE },
  },
});
const lan = new Lan(node);

test.before(async () => {
  await openActiveNode(node);
  await node.provision(
    Lan.subscribers({
      a: { numbers: ["4319001"] },
      b: { numbers: ["4319002"] },
      c: { numbers: ["4319003"] },
    }),
  );
  await lan.openBoth();
  await lan.open("room", { address: "192.0.2.104", port: 5070 });
  await applicationsServe(node);
});

test.after.always(async () => {
  await lan.close();
  await node.remove();
});

/** Dials a code that is carried out; what the BYE says of it. */
const told = async (t: ExecutionContext, code: string): Promise<string> => {
  const dialled = await dial(lan, code);
  t.is(dialled.answer, "200 OK");
  return saidInBye(lan, dialled);
};

const forwards = (): Promise<string> =>
  node.sql(
    "select concat_ws(' ', type, destination, timeout, enabled) from provisioning.voip_cf_mappings order by type, priority",
  );

test.serial(
  "forwards are set, told, stopped and started again, each kind by its code",
  async (t) => {
    t.is(await told(t, "*72*4319002#"), "cfu to 4319002");
    t.is(await told(t, "*72*4319003#"), "cfu to 4319003");
    t.is(await told(t, "*90*4319002"), "cfb to 4319002");
    t.is(await told(t, "*92*30*4319002#"), "cft to 4319002");
    t.is(await told(t, "*93*4319002#"), "cfna to 4319002");
    t.is(
      await forwards(),
      "cfu 4319003 20 1\ncfb 4319002 20 1\ncft 4319002 30 1\ncfna 4319002 20 1",
    );
    t.is(await told(t, "*#72#"), "cfu to 4319003");
    t.is(await told(t, "#72#"), "cfu is off");
    t.is(await told(t, "*#72#"), "cfu is off");
    t.is(await told(t, "*72*4319002#"), "cfu to 4319002");
    // In force at the next call: b calls a, and hears itself called.
    const { answer } = await dial(lan, "4319001", "b");
    t.is(answer, "200 OK");
    for (const code of ["#72#", "#90#", "#92#", "#93#"]) await told(t, code);
    t.is(await told(t, "*72#"), "cfu to 4319002");
    t.is(await told(t, "#72#"), "cfu is off");
  },
);

test.serial("a code that there is not, or that lacks something, changes nothing", async (t) => {
  const before = await forwards();
  t.is((await dial(lan, "*72*12a")).answer.slice(0, 3), "404");
  t.is((await dial(lan, "*92*0*4319002#")).answer, "484 Address Incomplete");
  t.is((await dial(lan, "*60#")).answer, "484 Address Incomplete");
  t.is(await forwards(), before);
});

test.serial(
  "a caller is blocked by its number and let in again, and so are those without one",
  async (t) => {
    t.is(await told(t, "*60*4319002#"), "1 numbers are blocked");
    t.is(await told(t, "*60*4319002#"), "1 numbers are blocked");
    t.is((await dial(lan, "4319001", "b")).answer, "403 Blocked by Callee");
    t.is(await told(t, "#60*4319002#"), "0 numbers are blocked");
    t.is((await dial(lan, "4319001", "b")).answer, "200 OK");

    t.is(await told(t, "*77#"), "anonymous callers are refused");
    t.is((await dial(lan, "*31*4319001", "b")).answer, "403 Blocked by Callee");
    t.is((await dial(lan, "4319001", "b")).answer, "200 OK");
    t.is(await told(t, "#77#"), "anonymous callers are let in");
  },
);

test.serial(
  "what customer or domain block is counted too, and let in as far as that holds",
  async (t) => {
    const blocked = (...numbers: readonly string[]): Promise<void> =>
      node.provision({
        ...Lan.subscribers({ a: { numbers: ["4319001"] } }),
        domains: { [DOMAIN]: { preferences: { block_in_list: numbers } } },
      });
    await blocked("4319002", "4319003");
    t.is(await told(t, "*#60#"), "2 numbers are blocked");
    t.is(await told(t, "#60*4319009#"), "2 numbers are blocked");
    t.is((await dial(lan, "4319001", "b")).answer, "403 Blocked by Callee");
    t.is(await told(t, "#60*4319002#"), "1 numbers are blocked");
    t.is((await dial(lan, "4319001", "b")).answer, "200 OK");
    t.is(await told(t, "#60#"), "2 numbers are blocked");
    await blocked("4319002");
    t.is((await dial(lan, "#60*4319002#")).answer.slice(0, 3), "403");
    t.is(await told(t, "*#60#"), "1 numbers are blocked");
    await blocked();
    t.is(await told(t, "*#60#"), "0 numbers are blocked");
  },
);

test.serial(
  "the proxy is to ask anew where a code has changed something that calls ask for",
  async (t) => {
    const editions = (): Promise<string> => node.sql("select max(id) from editions");
    for (const code of ["*72*4319002#", "#77#"]) await told(t, code);
    const before = await editions();
    const unchanged = ["*72*4319002#", "*#72#", "*72#", "#60*4319002#", "#77#"];
    for (const code of [...unchanged, "*55*0730#", "#55"]) await told(t, code);
    t.is(await editions(), before);
    await told(t, "#72#");
    t.not(await editions(), before);
  },
);

test.serial(
  "the application runs as its own user, who reads what it needs and no more",
  async (t) => {
    const pid = await node.mainPid("ngcp-sbc-apps");
    t.is(await node.run(`stat -c %U /proc/${pid}`), "ngcp-sbc-apps");
    const asked = (user: string, statement: string): Promise<string> =>
      node.run(
        `setpriv --reuid ${user} --regid ${user} --clear-groups mariadb --no-defaults -N -S /run/mysqld/mysqld.sock -u ngcp-sbc-apps -e "${statement}"`,
      );
    t.is(await asked("ngcp-sbc-apps", "select count(*) from provisioning.voip_subscribers"), "3");
    for (const denied of [
      "select ha1 from kamailio.subscriber",
      "select * from billing.contract_balances",
      "select * from accounting.cdr",
      "update provisioning.voip_subscribers set status = 'locked'",
      "insert into provisioning.voip_domains (domain) values ('other.invalid')",
    ])
      await t.throwsAsync(asked("ngcp-sbc-apps", denied), { message: /command denied/ });
    await t.throwsAsync(asked("ngcp-sems", "select 1"), { message: /Access denied/ });
    const secrets = "/run/ngcp-sbc-apps/secrets.json";
    t.is(
      await node.run(`stat -c '%U %a' ${secrets}; ls /run/ngcp-sbc-apps`),
      "ngcp-sbc-apps 400\nsecrets.json",
    );
  },
);

test.serial("a number is hidden for one call, and shown again at the next", async (t) => {
  const from = async (): Promise<string> => {
    const heard = await lan.phones.ask({ kind: "transcript", phone: "b" });
    const invite = heard.findLast((text) => text.startsWith("INVITE")) ?? "";
    return /^From: (.*)$/m.exec(invite)?.[1] ?? "";
  };
  t.is((await dial(lan, "*31*4319002")).answer, "200 OK");
  t.regex(await from(), /anonymous\.invalid/);
  t.is((await dial(lan, "4319002")).answer, "200 OK");
  t.regex(await from(), /4319001/);
});

test.serial("the conference is called through the B2BUA, which carries the call", async (t) => {
  const { answer, callId } = await dial(lan, "conference");
  t.is(answer, "200 OK");
  const { callId: there } = await lan.phones.ask({ kind: "arrival", phone: "room" });
  t.not(there, callId);
  const heard = await lan.phones.ask({ kind: "transcript", phone: "room" });
  t.regex(
    heard.findLast((text) => text.startsWith("INVITE")) ?? "",
    /^INVITE sip:room@192\.0\.2\.104:5070/,
  );
  const first = await node.mainPid("ngcp-sems");
  await node.run("systemctl kill -s KILL ngcp-sems ngcp-sbc-apps");
  await until(async () => ![0, first].includes(await node.mainPid("ngcp-sems")), 10_000);
  await lan.phones.ask({ kind: "bye", phone: "a", callId });
  await lan.phones.ask({ kind: "ended", phone: "room", callId: there });
});

test.serial("without the application a code is answered in time, and calls go on", async (t) => {
  await node.run("systemctl stop ngcp-sbc-apps");
  t.is((await dial(lan, "*#72#")).answer.slice(0, 3), "480");
  t.is((await dial(lan, "4319002")).answer, "200 OK");
  await node.run("systemctl start ngcp-sbc-apps");
  await until(async () => (await dial(lan, "*#72#")).answer === "200 OK", 30_000);
  t.pass();
});
