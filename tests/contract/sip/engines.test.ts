import { readdirSync } from "node:fs";
import test from "ava";
import { setTimeout as pause } from "node:timers/promises";
import { APPLIANCE, SHARED } from "./appliance.ts";
import { garbled, tortureMessages } from "./hostile.ts";
import { Lan, requestText } from "./line.ts";
import { EngineNode } from "./node.ts";
import { until } from "./until.ts";

const REVISIONS = readdirSync("appliance/database/migrations").length;

/** With other memory than its units would take by themselves. */
const node = new EngineNode("sipnode", {
  ...APPLIANCE,
  lb: { ...APPLIANCE.lb, sharedMemoryMb: 96, packageMemoryMb: 9 },
  proxy: { ...APPLIANCE.proxy, sharedMemoryMb: 80, packageMemoryMb: 10 },
});
const lan = new Lan(node);

const serverOf = (answer: string | undefined): string =>
  /^Server: (.*)\r$/m.exec(answer ?? "")?.[1] ?? "";

const probe = (transport: "UDP" | "TCP" | "TLS" = "UDP"): string =>
  requestText({ uri: `sip:probe@${SHARED.v4}`, transport });

const ACTIVE_ONLY = ["ngcp-lb", "ngcp-proxy", "ngcp-rtpengine"];
const states = (): Promise<string[]> => Promise.all(ACTIVE_ONLY.map((unit) => node.state(unit)));

const answersProbe = async (): Promise<boolean> => {
  const [answer] = await lan.datagrams([probe()], { waitMs: 300 });
  return serverOf(answer) === "ngcp-proxy";
};

test.before(() => node.boot());

test.after.always(async () => {
  await lan.close();
  await node.remove();
});

test.serial("a standby cannot be made to start what belongs to the active node", async (t) => {
  await node.run("systemctl start ngcp-active.target ngcp-rtpengine.service");
  t.deepEqual(await states(), ["inactive", "inactive", "inactive"]);
  t.is(await node.run("systemctl show -P ConditionResult ngcp-lb"), "no");
});

test.serial(
  "lb and proxy start on a node that prepares, before it holds the address",
  async (t) => {
    await node.setRole("standby", "prepared");
    await node.run("systemctl stop ngcp-active.target && systemctl start ngcp-active.target");
    t.deepEqual(await states(), ["active", "active", "inactive"]);
    t.is(await node.sql("select @@global.read_only"), "1");
    t.notRegex(await node.run("ip addr show dev eth0"), /192\.0\.2\.10\//);
  },
);

test.serial("the target takes all three down", async (t) => {
  await node.setRole("active", "open");
  await node.run("redis-cli -a redispassword replicaof no one && systemctl start ngcp-rtpengine");
  t.deepEqual(await states(), ["active", "active", "active"]);
  // systemctl waits for the target's own job; its parts end in jobs beside it.
  await node.run("systemctl stop ngcp-active.target");
  await until(async () => (await states()).every((state) => state === "inactive"), 5000);
  t.is(await node.run("systemctl show -P Result ngcp-lb ngcp-proxy | sort -u | xargs"), "success");
});

test.serial("the tables are brought up to date as soon as MariaDB may be written to", async (t) => {
  const unit = (property: string): Promise<string> =>
    node.run(`systemctl show -P ${property} ngcp-schema`);
  await node.run("systemctl start ngcp-active.target");
  t.is(await unit("ActiveState"), "active");
  t.is(await node.sql("show databases like 'provisioning'"), "");
  await node.run("systemctl stop ngcp-active.target");
  t.is(await unit("ActiveState"), "inactive");
  await node.run("systemctl start ngcp-active.target");
  await node.sql("set global read_only = OFF");
  await until(async () => (await unit("ActiveState")) === "inactive", 20_000);
  t.is(await unit("Result"), "success");
  t.is(await node.sql("select max(revision), max(node) from ngcp.db_schema"), `${REVISIONS}\tsp1`);
  t.is(await node.sql("select count(*) from kamailio.preferences"), "0");
  await node.sql("set global read_only = ON");
  await node.run("systemctl stop ngcp-active.target");
});

test.serial("an active node answers the service probe through lb and proxy", async (t) => {
  await node.holdAddresses(true);
  await node.run("systemctl start ngcp-active.target ngcp-rtpengine");
  await node.openDatabase();
  await node.provision(Lan.subscribers());
  await until(answersProbe, 5000);
  const [direct] = await lan.datagrams([requestText({ uri: `sip:${SHARED.v4}` })]);
  t.is(serverOf(direct), "ngcp-lb");
  for (const [transport, port] of [
    ["tcp", 5060],
    ["tls", 5061],
  ] as const) {
    const answer = await lan.stream(transport, port, probe(transport === "tcp" ? "TCP" : "TLS"));
    t.regex(answer, /^SIP\/2\.0 200 OK/, transport);
    t.is(serverOf(answer), "ngcp-proxy", transport);
  }
});

test.serial("lb and proxy work with the memory of the configuration", async (t) => {
  const MEGABYTE = 1_048_576;
  for (const [name, sharedMb, packageMb] of [
    ["lb", 96, 9],
    ["proxy", 80, 10],
  ] as const) {
    const ask = (...words: readonly string[]): Promise<string> =>
      node.run(`kamcmd -s unix:/run/ngcp-${name}/ctl ${words.join(" ")}`);
    const total = Number(/total: (\d+)/.exec(await ask("core.shmmem"))?.[1]);
    t.is(Math.round(total / MEGABYTE), sharedMb, name);
    const pid = await node.mainPid(`ngcp-${name}`);
    t.regex(await node.run(`tr '\\0' ' ' </proc/${pid}/cmdline`), new RegExp(`-M ${packageMb} `));
  }
});

test.serial(
  "two phones register, talk both ways, offer again, and the callee hangs up",
  async (t) => {
    await lan.open("a", { address: "192.0.2.101", port: 5060 });
    await lan.open("b", { address: "192.0.2.102", port: 5060 });
    for (const phone of ["a", "b"])
      t.is((await lan.phones.ask({ kind: "register", phone, expiresSeconds: 3600 })).status, 200);
    const callId = await lan.call();
    await lan.listen(callId, 45);
    const before = await lan.phones.ask({ kind: "audio", phone: "a", callId });
    for (const phone of ["a", "b"])
      t.is((await lan.phones.ask({ kind: "reinvite", phone, callId })).status, 200);
    const after = await lan.phones.ask({ kind: "audio", phone: "a", callId });
    t.deepEqual(after.sources, [`${SHARED.v4}:${before.remote?.port ?? 0}`]);
    t.deepEqual(after.remote, before.remote);
    const ended = lan.phones.ask({ kind: "ended", phone: "a", callId });
    t.is((await lan.phones.ask({ kind: "bye", phone: "b", callId })).status, 200);
    t.deepEqual(await ended, { by: "byTheOther" });
    t.is(
      await node.sql(
        `select group_concat(concat_ws(' ', method, sip_code, src_user, dst_user, src_ip) order by id) from acc where callid = '${callId}'`,
      ),
      "INVITE 200 a b 192.0.2.101,BYE  b a 192.0.2.102",
    );
  },
);

test.serial("nothing is answered 200 whose row a read-only database cannot take", async (t) => {
  const whileReadOnly = async <T>(ask: () => Promise<T>): Promise<T> => {
    await node.sql("set global read_only = ON");
    let answered = false;
    const answer = ask().finally(() => {
      answered = true;
    });
    await pause(1200);
    t.false(answered);
    await node.sql("set global read_only = OFF");
    return answer;
  };
  const registered = await whileReadOnly(() =>
    lan.phones.ask({ kind: "register", phone: "a", expiresSeconds: 3600 }),
  );
  t.is(registered.status, 200);
  const callId = await whileReadOnly(() => lan.call());
  const again = await whileReadOnly(() => lan.phones.ask({ kind: "reinvite", phone: "a", callId }));
  t.is(again.status, 200);
  t.is(
    (await whileReadOnly(() => lan.phones.ask({ kind: "bye", phone: "b", callId }))).status,
    200,
  );
  t.is(await node.sql(`select count(*) from acc where callid = '${callId}'`), "2");
});

test.serial("a call outlives the death of each engine", async (t) => {
  const callId = await lan.call();
  for (const unit of ACTIVE_ONLY) {
    const dead = await node.mainPid(unit);
    await node.run(`kill -9 ${dead}`);
    await until(async () => {
      const pid = await node.mainPid(unit);
      return pid !== dead && pid !== 0 && (await node.state(unit)) === "active";
    }, 5000);
    await until(answersProbe, 5000);
    await lan.listen(callId, 25);
    t.is((await lan.phones.ask({ kind: "reinvite", phone: "a", callId })).status, 200, unit);
  }
  t.regex(await node.run("kamcmd -s /run/ngcp-proxy/ctl dlg.stats_active"), /ongoing: 1/);
  t.is((await lan.phones.ask({ kind: "bye", phone: "b", callId })).status, 200);
  t.is(await node.sql(`select count(*) from acc where callid = '${callId}'`), "2");
});

/** What the records of an answered call say beside its names, whoever wrote them: both legs, its dialog, profiles and contact. */
const recordOf = (callId: string): string =>
  `select concat_ws(' ', concat('uuid=', src_leg like '%uuid=%'), concat('uuid=', dst_leg like '%uuid=%'), d.state, xdata like '%account_out%', caller_contact like 'sip:%') from acc a left join dialog d on d.callid = a.callid where a.callid = '${callId}'`;

test.serial(
  "a call that rings outlives the engines and a read-only database, and has its row once",
  async (t) => {
    await lan.open("ringing", { address: "192.0.2.102", port: 5070 }, { user: "b", ringMs: 2000 });
    const shortly = { phone: "ringing", expiresSeconds: 3600 };
    await node.sql("delete from location where username = 'b'");
    t.is((await lan.phones.ask({ kind: "register", ...shortly })).status, 200);
    const setUp = lan.call("ringing");
    await pause(700);
    await node.run("systemctl kill -s KILL ngcp-lb ngcp-proxy ngcp-rtpengine");
    await node.sql("set global read_only = ON");
    const answered = await Promise.race([setUp.then(() => true), pause(3000).then(() => false)]);
    t.false(answered, "nobody was told of an answer that has no row");
    await node.sql("set global read_only = OFF");
    const callId = await setUp;
    await lan.listen(callId, 40, "ringing");
    t.is(await node.sql(recordOf(callId)), "uuid=1 uuid=1 4 1 1");
    t.regex(await node.run("kamcmd -s /run/ngcp-proxy/ctl dlg.stats_active"), /ongoing: 1/);
    t.is((await lan.phones.ask({ kind: "reinvite", phone: "a", callId })).status, 200);
    t.is((await lan.phones.ask({ kind: "bye", phone: "ringing", callId })).status, 200);
    t.is(
      await node.sql(`select group_concat(method order by id) from acc where callid = '${callId}'`),
      "INVITE,BYE",
    );
    await node.sql("delete from location where username = 'b'");
    t.is(
      (await lan.phones.ask({ kind: "register", phone: "b", expiresSeconds: 3600 })).status,
      200,
    );
  },
);

test.serial("the proxy goes on when MariaDB was killed and has been opened again", async (t) => {
  const dead = await node.mainPid("ngcp-mysql");
  const proxy = await node.mainPid("ngcp-proxy");
  await node.run(`kill -9 ${dead}`);
  const registered = lan.phones.ask({ kind: "register", phone: "a", expiresSeconds: 3600 });
  await until(async () => {
    const pid = await node.mainPid("ngcp-mysql");
    return pid !== dead && pid !== 0 && (await node.state("ngcp-mysql")) === "active";
  }, 20_000);
  await node.sql("set global read_only = OFF");
  t.is((await registered).status, 200);
  t.is(await node.mainPid("ngcp-proxy"), proxy);
});

test.serial("a planned stop leaves registrations, dialogs and calls to the peer", async (t) => {
  const callId = await lan.call();
  const state = async (): Promise<string> =>
    [
      await node.sql("select count(*) from location"),
      await node.sql(`select state from dialog where callid = '${callId}'`),
      await node.run("redis-cli -n 1 -a redispassword exists " + callId),
    ].join(" ");
  t.is(await state(), "2 4 1");
  await node.run("systemctl stop ngcp-active.target");
  t.is(await state(), "2 4 1");
  await node.run("systemctl start ngcp-active.target ngcp-rtpengine");
  await until(answersProbe, 5000);
  t.is((await lan.phones.ask({ kind: "bye", phone: "a", callId })).status, 200);
});

test.serial("control by HTTP is for this node alone", async (t) => {
  const body = '{"jsonrpc":"2.0","method":"core.uptime","id":1}';
  const head = `POST /jsonrpc HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  const outside = await lan.stream("tcp", 5060, Buffer.from(head).toString("base64"));
  t.regex(outside, /403 Forbidden/);
  for (const control of ["/run/ngcp-lb/ctl", "/run/ngcp-proxy/ctl"])
    t.regex(await node.run(`kamcmd -s ${control} core.uptime`), /uptime: \d+/);
});

test.serial("nothing that the wire brings kills lb or proxy", async (t) => {
  const pids = await Promise.all([node.mainPid("ngcp-lb"), node.mainPid("ngcp-proxy")]);
  const torture = tortureMessages();
  for (const messages of [torture, garbled(torture, 4475)]) {
    await lan.datagrams(messages, { waitMs: 500, enough: Number.MAX_SAFE_INTEGER });
    for (const transport of ["tcp", "tls"] as const)
      for (const message of messages.slice(0, 60))
        await lan.phones
          .ask({
            kind: "raw",
            options: {
              transport,
              local: { address: "192.0.2.100", port: 0 },
              server: { address: SHARED.v4, port: transport === "tcp" ? 5060 : 5061 },
              messages: [message],
              waitMs: 20,
              enough: 1,
            },
          })
          .catch(() => undefined);
    t.true(await answersProbe());
  }
  t.deepEqual(await Promise.all([node.mainPid("ngcp-lb"), node.mainPid("ngcp-proxy")]), pids);
  t.is(
    await node.run(
      "journalctl --no-pager -q -u ngcp-lb -u ngcp-proxy -g 'signal 11|abort|BUG'; true",
    ),
    "",
  );
});
