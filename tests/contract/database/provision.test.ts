import { createHash } from "node:crypto";
import test from "ava";
import { parse, stringify } from "yaml";
import { StorePair } from "../stores/bed.ts";
import type { Node } from "../stores/bed.ts";
import { manySubscribers } from "./many.ts";
import { asProxy, caughtUp, provisionOnBed, type Ran } from "./provisioner.ts";

/* ngcp-provision on the MariaDB of Debian 13, sp1 active and sp2 its replica. */

const pair = new StorePair("provision");

test.after.always(() => pair.remove());

const run = (node: Node, words: readonly string[], file = ""): Promise<Ran> =>
  provisionOnBed(pair, node, words, file);

/** One that has to succeed, on the active node. */
const ok = async (...words: readonly string[]): Promise<string> => {
  const { end, said, complained } = await run(1, words);
  if (end !== "done") throw new Error(`${words.join(" ")}: ${end}: ${complained}`);
  return said;
};

const proxy = (node: Node, statement: string): string => asProxy(pair, node, statement);

const ALICE = "alice@sip.example.org";
const BOB = "bob@sip.example.org";

test.serial("a schema that is too old is said, and so is a node that may not write", async (t) => {
  await Promise.all([pair.bed(1).start(), pair.bed(2).start()]);
  await Promise.all([pair.agent(1).ask("openDatabase"), pair.agent(1).ask("openCache")]);
  await Promise.all([pair.agent(1).ask("probe", "open"), pair.agent(2).ask("probe", "closed")]);
  const early = await run(1, ["show", "domain"]);
  t.is(early.end, "failed");
  t.regex(early.complained, /^NGCP_SCHEMA_OLDER: the tables are at revision 0, .* needs \d+:/);
  pair.bed(1).chroot("/usr/lib/ngcp/mysql-migrate");
  caughtUp(pair);
  const standby = await run(2, ["create", "domain", "sip.example.org"]);
  t.is(standby.end, "refused");
  t.is(
    standby.complained,
    "NGCP_NOT_ACTIVE: sp2 is not active, its MariaDB is read-only: do it on the active node of the pair",
  );
});

test.serial(
  "one after the other: what is created is what the proxy reads, on both nodes",
  async (t) => {
    await ok(
      "create",
      "rewrite-rule-set",
      "austria",
      "rules=[{direction: in, field: callee, match: '^0([1-9].*)$', replace: '43\\1'}]",
    );
    await ok("create", "domain", "sip.example.org", "preferences.rewrite_rule_set=austria");
    await ok("create", "customer", "acme", "preferences.concurrent_max_per_account=10");
    await ok(
      ...["create", "subscriber", ALICE, "customer=acme", "password=0123"],
      ...["numbers=[431555123, 431555124]", "aliases=[sales]", "preferences.clir=true"],
      "preferences.block_in_list=['4366*', '4367*']",
    );
    await ok(
      "create",
      "subscriber",
      BOB,
      "customer=acme",
      "password=b",
      "call_forwards.cft={to: voicebox, timeout: 12}",
    );
    caughtUp(pair);
    const ha1 = createHash("md5").update("alice:sip.example.org:0123").digest("hex");
    for (const node of [1, 2] as const) {
      t.is(
        proxy(
          node,
          "SELECT ha1 FROM subscriber WHERE username = 'alice' AND domain = 'sip.example.org'",
        ),
        ha1,
      );
      t.is(
        proxy(node, "SELECT username FROM dbaliases WHERE alias_username = '431555124'"),
        "alice",
      );
      const uuid = proxy(node, "SELECT uuid FROM subscriber WHERE username = 'alice'");
      t.is(
        proxy(
          node,
          `SELECT level, attribute, value FROM preferences WHERE uuid = '${uuid}' ORDER BY 1, 2, 3`,
        ),
        [
          "0\tblock_in_list\t4366*",
          "0\tblock_in_list\t4367*",
          "0\tclir\t1",
          "1\tconcurrent_max_per_account\t10",
          "2\trewrite_rule_set\t1",
        ].join("\n"),
      );
      t.is(
        proxy(
          node,
          `SELECT REGEXP_REPLACE('01555123', match_pattern, replace_pattern) FROM rewrite_rules
         WHERE set_id = 1 AND direction = 'in' AND field = 'callee' AND '01555123' REGEXP match_pattern ORDER BY priority LIMIT 1`,
        ),
        "431555123",
      );
      t.is(
        proxy(node, "SELECT type, destination, timeout FROM call_forwards"),
        "cft\tvoicebox\t12",
      );
      t.is(
        proxy(
          node,
          "SELECT primary_number, account FROM subscriber_profiles WHERE username = 'alice'",
        ),
        "431555123\tacme",
      );
    }
  },
);

test.serial(
  "a change touches what it names, and a password is shown to nobody who did not ask",
  async (t) => {
    const before = await ok("show", "subscriber", ALICE, "--json");
    await ok("change", "subscriber", ALICE, "status=locked", "preferences.clir=");
    const after = JSON.parse(await ok("show", "subscriber", ALICE, "--json")) as Record<
      string,
      unknown
    >;
    const was = JSON.parse(before) as Record<string, unknown>;
    t.deepEqual(after, {
      ...was,
      status: "locked",
      preferences: { block_in_list: ["4366*", "4367*"] },
    });
    t.notRegex(before, /ha1|0123"/);
    t.regex(await ok("show", "subscriber", ALICE, "--with-passwords"), /ha1: [0-9a-f]{32}/);
    t.regex(
      await ok("show", "subscriber"),
      /^subscriber +customer +status +numbers and aliases\nalice@sip.example.org +acme +locked +431555123, 431555124, sales\n/,
    );
    t.regex(
      await ok("change", "subscriber", ALICE, "password=new", "--dry-run"),
      /~ subscriber alice@sip.example.org\n +ha1: another one\n0 created, 1 changed/,
    );
  },
);

test.serial(
  "each mistake is named, with the nearest preference, and nothing is changed",
  async (t) => {
    const before = await ok("export", "--with-passwords");
    const file = [
      "customers:",
      "  acme: {preferences: {concurent_max_per_account: 3}}",
      "subscribers:",
      "  carol@sip.example.org:",
      "    customer: nobody",
      "    password: x",
      "    numbers: [0043]",
      "    colour: red",
      "  erin@sip.example.org:",
      "    customer: acme",
      "    preferences: {clir: perhaps, outbound_from_domain: x, max_registrations: 5000}",
      "  noat: {customer: acme, password: x}",
      "peer_groups: {six: {hosts: {six: {ip: 2001:db8::1}}}}",
    ].join("\n");
    const { end, complained } = await run(1, ["apply", "set.yml"], file);
    t.is(end, "failed");
    t.deepEqual(complained.split("\n"), [
      "NGCP_PROVISIONING_INVALID: set.yml:2:24 customers.acme.preferences.concurent_max_per_account: is an unknown preference; did you mean concurrent_max_per_account?",
      "set.yml:13:35 peer_groups.six.hosts.six.ip: is no IPv4 address; peers are reached and recognised over IPv4 alone",
      "set.yml:7:15 subscribers.carol@sip.example.org.numbers[0]: is no E.164 number: 3 to 15 digits with the country code",
      "set.yml:8:5 subscribers.carol@sip.example.org.colour: is an unknown key; allowed: customer, external_id, status, uuid, password, ha1, numbers, aliases, preferences, call_forwards, reminder",
      "set.yml:9:3 subscribers.erin@sip.example.org: is new and has neither password nor ha1",
      "set.yml:11:19 subscribers.erin@sip.example.org.preferences.clir: takes true or false",
      "set.yml:11:34 subscribers.erin@sip.example.org.preferences.outbound_from_domain: is no preference of a subscriber; it is one of: peer host",
      "set.yml:11:59 subscribers.erin@sip.example.org.preferences.max_registrations: takes a whole number from 0 to 100",
      "set.yml:12:3 subscribers.noat: is no subscriber: USER@DOMAIN, with a user part of up to 64 characters",
    ]);
    const taken = await run(1, ["change", "subscriber", BOB, "numbers=[431555123]"]);
    t.regex(
      taken.complained,
      /^NGCP_PROVISIONING_CONFLICT: 431555123 belongs to alice@sip.example.org already/,
    );
    const needed = await run(1, ["delete", "domain", "sip.example.org"]);
    t.regex(
      needed.complained,
      /^NGCP_PROVISIONING_INVALID: subscribers.alice@sip.example.org: there is no domain sip.example.org\n/,
    );
    const pattern = await run(1, [
      "change",
      "rewrite-rule-set",
      "austria",
      "rules=[{direction: in, field: callee, match: '(', replace: x}]",
    ]);
    t.regex(pattern.complained, /rules\.0\.match: is no pattern/);
    t.regex(
      (await run(1, ["create", "domain", "sip.example.org"])).complained,
      /^NGCP_NOT_PROVISIONED: .* already/,
    );
    t.regex(
      (await run(1, ["delete", "customer", "x"])).complained,
      /^NGCP_NOT_PROVISIONED: there is no x/,
    );
    t.is((await run(1, ["show", "nothing"])).end, "usage");
    t.is(await ok("export", "--with-passwords"), before);
  },
);

test.serial(
  "an export applied again changes nothing, and brings back what was changed since",
  async (t) => {
    await ok(
      ...["create", "peer-group", "carrier", "priority=2"],
      "rules=[{callee_prefix: 43, caller_pattern: '^43'}]",
      "hosts={gw1: {ip: 203.0.113.1, weight: 3, preferences: {peer_auth_user: u, peer_auth_pass: p}}}",
    );
    const before = await ok("export", "--with-passwords");
    const again = await run(1, ["apply", "before.yml", "--prune"], before);
    t.is(again.said, "Nothing to do: everything is as declared.");
    t.notRegex(await ok("export"), /ha1|peer_auth_pass/);
    const id = proxy(1, "SELECT id FROM peer_hosts");
    await ok(
      "change",
      "peer-group",
      "carrier",
      "hosts.gw1.ip=203.0.113.9",
      "hosts.gw2.ip=203.0.113.10",
    );
    t.is(
      proxy(1, "SELECT name, ip FROM peer_hosts ORDER BY 1"),
      "gw1\t203.0.113.9\ngw2\t203.0.113.10",
    );
    await ok("change", "peer-group", "carrier", "hosts.gw2=");
    t.is(proxy(1, "SELECT name, id FROM peer_hosts"), `gw1\t${id}`);
    await ok("delete", "subscriber", BOB);
    await ok(
      "create",
      "subscriber",
      "dave@sip.example.org",
      "customer=acme",
      "password=d",
      "numbers=[431555999]",
    );
    await ok("change", "subscriber", ALICE, "numbers=[431555124]", "aliases=");
    const dry = await run(1, ["apply", "before.yml", "--prune", "--dry-run"], before);
    t.regex(dry.said, /- subscriber dave@sip.example.org/);
    t.regex(dry.said, /\+ subscriber bob@sip.example.org/);
    t.regex(dry.said, /numbers: \["431555124"\] -> \["431555123","431555124"\]/);
    t.regex(dry.said, /hosts.gw1.ip: "203.0.113.9" -> "203.0.113.1"/);
    t.is((await run(1, ["apply", "before.yml", "--prune"], before)).end, "done");
    t.is(await ok("export", "--with-passwords"), before);
    t.is(proxy(1, "SELECT COUNT(*) FROM subscriber WHERE username = 'dave'"), "0");
  },
);

test.serial("a number moves from one subscriber to another in one apply", async (t) => {
  const moved = parse(await ok("export", "--with-passwords")) as {
    subscribers: Record<string, { numbers: string[] }>;
  };
  const [alice, bob] = [moved.subscribers[ALICE], moved.subscribers[BOB]];
  if (alice === undefined || bob === undefined) throw new Error("both are there");
  bob.numbers = alice.numbers;
  alice.numbers = [];
  t.is((await run(1, ["apply", "moved.yml"], stringify(moved))).end, "done");
  t.is(proxy(1, "SELECT DISTINCT username FROM dbaliases WHERE is_e164"), "bob");
});

test.serial("10,000 subscribers are applied in less than 30 s, and are on the peer", async (t) => {
  t.timeout(120_000);
  const file = stringify(manySubscribers(10_000));
  const [began, before] = [performance.now(), process.cpuUsage()];
  const { end, said, complained, progress } = await run(1, ["apply", "many.yml"], file);
  const tookMs = performance.now() - began;
  const used = process.cpuUsage(before);
  t.is(end, "done", complained);
  t.regex(said, /10100 created, \d changed, 0 deleted in [\d.]+ s$/);
  t.log(
    `10,000 subscribers, from a YAML file of ${(file.length / 1e6).toFixed(1)} MB: ${(tookMs / 1000).toFixed(1)} s`,
  );
  // Its own time: on a machine that does much beside, the time on the wall is not ours.
  t.true((used.user + used.system) / 1e6 < 30);
  t.true(progress.some((line) => /^\[#+\.+\] \d+ of 1010\d$/.test(line)));
  t.is(progress.at(-1), "");
  caughtUp(pair);
  t.is(proxy(2, "SELECT COUNT(*) FROM subscriber WHERE username LIKE 'u%'"), "10000");
  const twice = await run(1, ["apply", "many.yml"], file);
  t.is(twice.said, "Nothing to do: everything is as declared.");
  t.true(
    (await ok("change", "subscriber", "u77@sip.example.org", "status=locked")).includes(
      "1 changed",
    ),
  );
});
