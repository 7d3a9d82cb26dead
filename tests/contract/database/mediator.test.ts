import { readFileSync } from "node:fs";
import test from "ava";
import { StorePair } from "../stores/bed.ts";
import { cdrOnBed } from "./cdr-tool.ts";
import { callsNamed, Mediation, row } from "./mediation.ts";
import { until } from "./mediator-process.ts";

/* The mediator on the MariaDB of Debian 13, replicated between two nodes: one record for each call, whoever dies when. */

const pair = new StorePair("mediator");
const at = new Mediation(pair);

test.after.always(async () => {
  await at.killAll();
  await pair.remove();
});

test.serial("calls and refusals become records, with the subscribers, on both nodes", async (t) => {
  await Promise.all([pair.bed(1).start(), pair.bed(2).start()]);
  await Promise.all([pair.agent(1).ask("openDatabase"), pair.agent(1).ask("openCache")]);
  await Promise.all([pair.agent(1).ask("probe", "open"), pair.agent(2).ask("probe", "closed")]);
  // The rows of an older package become records, too.
  at.add(1, row("INVITE", "old-0", { agoSeconds: 60 }), row("BYE", "old-0"));
  pair.bed(1).chroot("/usr/lib/ngcp/mysql-migrate");
  at.sql(
    1,
    "INSERT INTO kamailio.subscriber (username, domain, uuid) VALUES ('alice', 'd', 'uuid-of-alice')",
  );
  at.add(
    1,
    row("INVITE", "one-0", { agoSeconds: 61.5 }),
    row("BYE", "one-0", { agoSeconds: 0 }),
    row("INVITE", "one-1", { code: "486", reason: "Busy Here" }),
    row("INVITE", "one-2"),
    row("INVITE", "one-3", { code: "480", reason: "Offline" }),
    row("INVITE", "one-4", { code: "480", reason: "Whatever" }),
  );
  // A peer may call itself as it likes; it is none of our subscribers.
  at.sql(1, "UPDATE kamailio.acc SET src_leg = 'peer=gw;cli=1;clir=0' WHERE callid = 'one-3'");
  at.provision(1);
  const mediator = at.start(1);
  await until(
    () => at.openOf(1, "old") + at.openOf(1, "one") === 1,
    "all but the call that goes on",
  );
  const columns =
    "call_id, call_status, call_code, ended_by, ROUND(duration), source_user_id, source_user, destination_user_dialed, source_ip, rating_status, export_status";
  const records = `SELECT ${columns} FROM accounting.cdr ORDER BY call_id`;
  t.deepEqual(
    at
      .sql(1, records)
      .split("\n")
      .map((line) => line.split("\t").slice(0, 9).join(" ")),
    [
      "old-0 ok 200 bye 60 uuid-of-alice alice bob 192.0.2.7",
      "one-0 ok 200 bye 62 uuid-of-alice alice bob 192.0.2.7",
      "one-1 busy 486 refusal 0 uuid-of-alice alice bob 192.0.2.7",
      "one-3 offline 480 refusal 0 0 alice bob 192.0.2.7",
      "one-4 noanswer 480 refusal 0 uuid-of-alice alice bob 192.0.2.7",
    ],
  );
  t.is(at.factsOf(1, "one-1"), "alice-in-books|customer|own|other||0||0||0");
  t.is(at.factsOf(1, "one-3"), "|||||carrier|gw|0||uuid-of-carol");
  at.caughtUp(2);
  t.is(at.sql(2, records), at.sql(1, records));
  const memory = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${mediator.pid}/status`, "utf8"));
  at.unprovision(1);
  t.log(`the mediator has ${Math.round(Number(memory?.[1]) / 1024)} MB of memory`);
  await at.kill(mediator);
});

test.serial("on the standby it writes nothing and says why", async (t) => {
  const standby = at.start(2);
  await until(() => standby.said.includes("NGCP") || standby.said.includes("waits"), "a sentence");
  t.regex(standby.said, /waits: .*not active/);
  t.false(standby.hasEnded);
  await at.kill(standby);
});

test.serial(
  "killed again and again in the middle of its work, it loses and doubles none",
  async (t) => {
    const many = 1_500;
    at.add(1, ...callsNamed("kill", many));
    let kills = 0;
    for (let seen = 0; seen < many;) {
      const mediator = at.start(1, { batch: 20 });
      const before = seen;
      await until(() => (seen = at.recordsOf(1, "kill")) > before, "the next records");
      await at.kill(mediator);
      if (at.openOf(1, "kill") > 0) kills += 1;
      seen = at.recordsOf(1, "kill");
    }
    t.log(`${many} calls, ${kills} kills before the last record`);
    t.true(kills > 2);
    t.deepEqual(
      [at.recordsOf(1, "kill"), at.callsWithRecord(1, "kill"), at.openOf(1, "kill")],
      [many, many, 0],
    );
  },
);

test.serial(
  "killed between its inserts and its commit, it leaves nothing of the batch",
  async (t) => {
    at.add(1, ...callsNamed("cut", 50));
    for (let round = 0; round < 5; round += 1) {
      const release = await at.holdRecord(1, "cut-49");
      const mediator = at.start(1);
      await until(() => at.isInTheMiddle(1), "a batch that is not committed");
      await at.kill(mediator);
      await release();
      t.deepEqual([at.recordsOf(1, "cut"), at.openOf(1, "cut")], [0, 100]);
    }
    const mediator = at.start(1);
    await until(() => at.openOf(1, "cut") === 0, "the batch");
    t.deepEqual([at.recordsOf(1, "cut"), at.callsWithRecord(1, "cut")], [50, 50]);
    await at.kill(mediator);
  },
);

test.serial("two at once on one node write each call once", async (t) => {
  at.add(1, ...callsNamed("two", 400));
  const both = [at.start(1, { batch: 10 }), at.start(1, { batch: 10 })];
  await until(
    () => at.openOf(1, "two") === 0 || both.every(({ hasEnded }) => hasEnded),
    "all of it",
  );
  t.deepEqual([at.recordsOf(1, "two"), at.callsWithRecord(1, "two")], [400, 400]);
  await Promise.all(both.map((mediator) => at.kill(mediator)));
});

test.serial(
  "a call without a stop is closed when its dialog has gone, and a late stop changes nothing",
  async (t) => {
    at.sql(
      1,
      `INSERT INTO kamailio.dialog (hash_entry, hash_id, callid, from_uri, from_tag, to_uri, to_tag, caller_cseq, callee_cseq,
     caller_contact, callee_contact, caller_sock, callee_sock, state, start_time, req_uri)
     VALUES (1, 1, 'gone-1', '', 'f', '', 't', '1', '1', '', '', '', '', 4, 1, '')`,
    );
    at.add(
      1,
      row("INVITE", "gone-0", { agoSeconds: 300 }),
      row("INVITE", "gone-1", { agoSeconds: 300 }),
    );
    at.add(
      1,
      row("INVITE", "gone-2", { agoSeconds: 50_000 }),
      row("BYE", "gone-3", { agoSeconds: 300 }),
    );
    const mediator = at.start(1, { graceMs: 1 });
    await until(() => at.recordsOf(1, "gone") === 2, "two closed calls");
    const ends =
      "SELECT call_id, ended_by FROM accounting.cdr WHERE call_id LIKE 'gone-%' ORDER BY 1";
    t.is(at.sql(1, ends), "gone-0\tno_dialog\ngone-2\tmax_length");
    t.is(at.sql(1, "SELECT mediated FROM kamailio.acc WHERE callid = 'gone-3'"), "2");
    at.add(1, row("BYE", "gone-0"), row("INVITE", "gone-0"), row("BYE", "gone-1"));
    await until(() => at.openOf(1, "gone") === 0, "late records");
    t.is(at.sql(1, ends), "gone-0\tno_dialog\ngone-1\tbye\ngone-2\tmax_length");
    await at.kill(mediator);
  },
);

test.serial(
  "a node that is demoted in the middle of a batch writes none of it, the other one all",
  async (t) => {
    await pair.untilInSync(1, "open");
    await pair.untilInSync(2, "closed");
    at.add(1, ...callsNamed("demote", 50));
    const release = await at.holdRecord(1, "demote-49");
    const old = at.start(1);
    await until(() => at.isInTheMiddle(1), "a batch that is not committed");
    // It ends the connections of everybody who might still write, this test's own among them.
    await pair.agent(1).ask("closeDatabase");
    await release();
    await until(() => old.hasEnded || old.said.includes("waits"), "the end of the batch");
    t.is(at.recordsOf(1, "demote"), 0);
    at.caughtUp(2);
    await pair.agent(2).ask("openDatabase");
    const successor = at.start(2);
    await until(() => at.openOf(2, "demote") === 0, "the batch on the successor");
    t.deepEqual([at.recordsOf(2, "demote"), at.callsWithRecord(2, "demote")], [50, 50]);
    await pair.agent(1).ask("probe", "closed");
    await pair.untilInSync(1, "closed");
    at.caughtUp(1);
    t.deepEqual([at.recordsOf(1, "demote"), at.callsWithRecord(1, "demote")], [50, 50]);
    await Promise.all([old, successor].map((mediator) => at.kill(mediator)));
  },
);

test.serial(
  "an active node that dies in the middle of its batches leaves the rest to the other one",
  async (t) => {
    const many = 600;
    at.add(2, ...callsNamed("power", many));
    const dying = at.start(2, { batch: 10 });
    await until(() => at.recordsOf(2, "power") > 20, "some records");
    await pair.bed(2).end("mysql", "SIGKILL");
    await until(() => dying.hasEnded, "the end of the mediator without its MariaDB");
    const there = at.recordsOf(1, "power");
    await pair.agent(1).ask("openDatabase");
    const successor = at.start(1);
    await until(() => at.openOf(1, "power") === 0, "all of it");
    t.log(`${there} of ${many} were written before`);
    t.deepEqual([at.recordsOf(1, "power"), at.callsWithRecord(1, "power")], [many, many]);
    await at.kill(successor);
  },
);

test.serial(
  "a prepaid call has its cost in its record, of whoever paid for it, once",
  async (t) => {
    at.settlePrepaid(1);
    const rows = [row("INVITE", "paid-0", { agoSeconds: 60 }), row("BYE", "paid-0")];
    // Somebody else's call that has the same Call-ID, and came before.
    at.add(1, ...rows.map((each) => each.replace("'f'", "'g'")), ...rows);
    const mediator = at.start(1);
    const costs = (): string => at.costsOf(1, "paid-0");
    await until(() => costs().endsWith("ok"), "the cost");
    await until(() => at.count(1, "billing.prepaid_calls WHERE is_rated = 0") === 1, "the marks");
    t.is(costs(), "NULL\tNULL\tunrated\n12.500000\t3.000000\tok");
    await at.kill(mediator);
  },
);

test.serial("records that were dealt with long ago go to accounting", async (t) => {
  const before = at.count(1, "kamailio.acc WHERE mediated > 0");
  const mediator = at.start(1, { keepMs: -60_000, batch: 100 });
  await until(() => at.count(1, "kamailio.acc WHERE mediated > 0") === 0, "an empty table");
  t.is(at.count(1, "accounting.acc_backup") + at.count(1, "accounting.acc_trash"), before);
  t.is(at.sql(1, "SELECT callid FROM accounting.acc_trash"), "gone-3");
  await at.kill(mediator);
});

test.serial(
  "very many records of one Call-ID are read in pieces: calls of their own, and one call with that many stops",
  async (t) => {
    const [calls, stops] = [20_000, 60_000];
    const columns =
      "method, from_tag, to_tag, callid, sip_code, sip_reason, time, time_hires, src_leg";
    // As much as fits, so that none of them is small.
    const leg = "REPEAT('x', 250)";
    const refused = `SELECT 'INVITE', CONCAT('f', seq), 't', 'flood-0', '486', 'Busy', NOW(), UNIX_TIMESTAMP(NOW(3)), ${leg} FROM kamailio.seq_1_to_${calls}`;
    const answered = "SELECT 'INVITE', 'f', 't', 'flood-0', '200', 'OK', NOW(), @now - 60, ''";
    const stopped = `SELECT 'BYE', 'f', 't', 'flood-0', '200', 'OK', NOW(), @now + seq, ${leg} FROM kamailio.seq_1_to_${stops}`;
    const inserts = [refused, answered, stopped].map(
      (rows) => `INSERT INTO kamailio.acc (${columns}) ${rows}`,
    );
    at.sql(1, ["SET @now = UNIX_TIMESTAMP(NOW(3))", ...inserts].join("; "));
    const mediator = at.start(1, { batch: 2_000 });
    for (let open = at.openOf(1, "flood"); open > 0; open = at.openOf(1, "flood")) {
      const before = open;
      await until(() => mediator.hasEnded || at.openOf(1, "flood") < before, "fewer open records");
      if (mediator.hasEnded) break;
    }
    t.false(mediator.hasEnded, mediator.said);
    t.is(at.recordsOf(1, "flood"), calls + 1);
    const ofTheCall = "accounting.cdr WHERE call_id = 'flood-0' AND ended_by = 'bye'";
    t.is(at.count(1, `${ofTheCall} AND ROUND(duration) = 61`), 1);
    await at.kill(mediator);
    for (const table of ["kamailio.acc WHERE callid", "accounting.cdr WHERE call_id"])
      at.sql(1, `DELETE FROM ${table} = 'flood-0'`);
  },
);

test.serial("ngcp-cdr shows, exports and tells how far the mediator is", async (t) => {
  const all = at.count(1, "accounting.cdr");
  const exported = await cdrOnBed(pair, 1, ["export"]);
  const [head, ...lines] = exported.said.split("\n");
  t.regex(
    head ?? "",
    /^id,update_time,source_user_id,.*,call_key,ended_by,source_peer,destination_peer,forwarder_user_id$/,
  );
  t.is(lines.length, all);
  const file = await cdrOnBed(pair, 1, ["export", "--csv", "calls.csv", "--from", "2020-01-01"]);
  t.is(file.files.get("calls.csv"), `${exported.said}\n`);
  t.is(at.count(1, "accounting.cdr WHERE export_status = 'ok' AND exported_at IS NOT NULL"), all);
  t.is(
    (await cdrOnBed(pair, 1, ["export", "--csv", "calls.csv"])).files.get("calls.csv"),
    `${head}\n`,
  );
  const again = await cdrOnBed(pair, 1, ["export", "--again", "--csv", "calls.csv"]);
  t.is(again.files.get("calls.csv")?.split("\n").length, all + 2);
  const none = await cdrOnBed(pair, 1, ["export", "--to", "2020-01-01"]);
  t.is(none.said, head ?? "");
  const shown = await cdrOnBed(pair, 1, ["show", "one-1", "--json"]);
  t.like(JSON.parse(shown.said), [{ call_id: "one-1", call_status: "busy", call_code: "486" }]);
  const closed = await cdrOnBed(pair, 1, ["show", "--ended-by", "no_dialog"]);
  t.is(closed.said.split("\n").length, 3);
  at.add(1, row("INVITE", "status-0"));
  const status = await cdrOnBed(pair, 1, ["status", "--json"]);
  t.like(JSON.parse(status.said), {
    writable: true,
    callsUnderWay: 1,
    recordsWaiting: 0,
    cdrs: all,
  });
  t.is((await cdrOnBed(pair, 1, ["export", "--from", "yesterday"])).end, "usage");
});
