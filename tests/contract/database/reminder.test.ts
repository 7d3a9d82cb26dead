import test from "ava";
import { StorePair } from "../stores/bed.ts";
import { provisionOnBed } from "./provisioner.ts";

/* Reminders as ngcp-provision writes them, on the MariaDB of Debian 13. */

const pair = new StorePair("provision-reminder");

test.after.always(() => pair.remove());

const ok = async (...words: readonly string[]): Promise<string> => {
  const { end, said, complained } = await provisionOnBed(pair, 1, words);
  if (end !== "done") throw new Error(`${words.join(" ")}: ${end}: ${complained}`);
  return said;
};

const BOB = "bob@sip.example.org";

test("a reminder is set, shown, changed and taken away", async (t) => {
  await pair.bed(1).start();
  await pair.agent(1).ask("openDatabase");
  pair.bed(1).chroot("/usr/lib/ngcp/mysql-migrate");
  await ok("create", "domain", "sip.example.org");
  await ok("create", "customer", "acme");
  await ok("create", "subscriber", BOB, "customer=acme", "password=b");
  const shownOf = async (): Promise<unknown> => {
    const shown = JSON.parse(await ok("show", "subscriber", BOB, "--json")) as object;
    return "reminder" in shown ? shown.reminder : undefined;
  };
  const row = "SELECT id, set_at FROM provisioning.voip_reminder";
  const editions = "SELECT COUNT(*) FROM kamailio.editions";
  const provisioned = pair.bed(1).sql(editions);
  await ok("change", "subscriber", BOB, "reminder=07:30");
  t.deepEqual(await shownOf(), { time: "07:30", recur: "never", active: true });
  // Set long ago, it stays so while it is not changed itself.
  pair.bed(1).sql("UPDATE provisioning.voip_reminder SET set_at = 1");
  const before = pair.bed(1).sql(row);
  // No call asks for it.
  t.is(pair.bed(1).sql(editions), provisioned);
  await ok("change", "subscriber", BOB, "aliases=[bobby]");
  t.not(pair.bed(1).sql(editions), provisioned);
  t.is(pair.bed(1).sql(row), before);
  await ok("change", "subscriber", BOB, "reminder.recur=weekdays", "aliases=[]");
  t.deepEqual(await shownOf(), { time: "07:30", recur: "weekdays", active: true });
  t.not(pair.bed(1).sql(row), before);
  await ok("change", "subscriber", BOB, "reminder=");
  t.is(await shownOf(), undefined);
  t.is(pair.bed(1).sql(row), "");
});
