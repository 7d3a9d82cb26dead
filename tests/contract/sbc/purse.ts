import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { provisionOnBed } from "../database/provisioner.ts";
import { StorePair } from "../stores/bed.ts";

const [UUID, NUMBER] = ["11111111-2222-4333-8444-555555555555", "4930123"];
const hex = (word: string): string => Buffer.from(word).toString("hex");

/** What the proxy tells of a call of the customer. */
export const PREPAID = { "P-NGCP-Prepaid": `${UUID} ${hex(NUMBER)}` };

/** A cent a second. */
const FEES = { init_rate: 1, init_interval: 1, follow_rate: 1, follow_interval: 1 };

const PAYER = {
  domains: { "test.invalid": {} },
  billing_profiles: { second: { fees: [{ destination: "49", ...FEES }] } },
  customers: { acme: { billing_profile: "second", preferences: { prepaid: true } } },
  subscribers: {
    "alice@test.invalid": { customer: "acme", uuid: UUID, password: "secret" },
  },
};

/** A customer, its money in the MariaDB of Debian 13, and what the sbc is told of both. */
export class Purse {
  readonly #pair: StorePair;
  readonly #directory = mkdtempSync(join(tmpdir(), "tandem-purse-"));

  constructor(name: string) {
    this.#pair = new StorePair(name);
  }

  /** @param content what is provisioned; a customer with one subscriber where it is left out */
  async open(content: object = PAYER): Promise<void> {
    await this.#pair.bed(1).startMysql();
    this.allowWriting();
    this.#pair.bed(1).chroot("/usr/lib/ngcp/mysql-migrate");
    await this.provision(["apply", "all.json"], JSON.stringify(content));
  }

  /** What the daemon does on the active node. */
  allowWriting(): void {
    this.sql("SET GLOBAL read_only = OFF");
  }

  /** As a server is until the daemon has opened it. */
  forbidWriting(): void {
    this.sql("SET GLOBAL read_only = ON");
  }

  async provision(words: readonly string[], file = ""): Promise<string> {
    const { end, said, complained } = await provisionOnBed(this.#pair, 1, words, file);
    if (end !== "done") throw new Error(complained);
    return said;
  }

  /** Beside what is left of earlier tests the customer has so many cents, and nothing else. */
  fill(cents: number): void {
    const id = "(SELECT id FROM billing.contracts WHERE external_id = 'acme')";
    this.sql(`DELETE FROM billing.prepaid_calls`);
    this.sql(`REPLACE INTO billing.contract_balances VALUES (${id}, ${cents})`);
  }

  sql(statement: string): string {
    return this.#pair.bed(1).sql(statement);
  }

  get cents(): number {
    return Number(this.sql("SELECT cash_balance FROM billing.contract_balances"));
  }

  /** Of each call: what its steps have set aside, what it cost, and who settled it. */
  get calls(): readonly { readonly paid: number; readonly cost: number; readonly by: string }[] {
    const rows = this.sql(
      `SELECT COALESCE(SUM(s.amount), 0), COALESCE(c.cost, -1), COALESCE(c.settled_by, '') FROM billing.prepaid_calls c
        LEFT JOIN billing.prepaid_steps s ON s.call_key = c.id GROUP BY c.id ORDER BY c.begun_at`,
    );
    return rows
      .split("\n")
      .filter((row) => row !== "")
      .map((row) => row.split("\t"))
      .map(([paid, cost, by = ""]) => ({ paid: Number(paid), cost: Number(cost), by }));
  }

  /** The numbers of the steps of all calls, in their order. */
  get steps(): readonly number[] {
    const rows = this.sql("SELECT step FROM billing.prepaid_steps ORDER BY call_key, step");
    return rows.split("\n").filter(Boolean).map(Number);
  }

  async die(): Promise<void> {
    await this.#pair.bed(1).end("mysql", "SIGKILL");
  }

  /** It takes connections and does nothing, until `thaw`. */
  freeze(): void {
    process.kill(this.#serverPid, "SIGSTOP");
  }

  thaw(): void {
    process.kill(this.#serverPid, "SIGCONT");
  }

  get #serverPid(): number {
    return Number(readFileSync(join(this.#pair.bed(1).root, "run/mysqld/mysqld.pid"), "utf8"));
  }

  /** From now on each commit waits for the acknowledgement of a peer that is gone, until the first of them has waited so long. */
  losePeer(waitMs: number): void {
    this.sql(`SET GLOBAL rpl_semi_sync_master_timeout = ${waitMs}`);
    this.sql("SET GLOBAL rpl_semi_sync_master_wait_no_slave = ON");
    this.sql("SET GLOBAL rpl_semi_sync_master_enabled = ON");
  }

  forgetPeer(): void {
    this.sql("SET GLOBAL rpl_semi_sync_master_enabled = OFF");
  }

  /** Commits wait no more. */
  get isWithoutPeer(): boolean {
    return /OFF$/.test(this.sql("SHOW STATUS LIKE 'Rpl_semi_sync_master_status'"));
  }

  async revive(): Promise<void> {
    await this.#pair.bed(1).startMysql();
    this.allowWriting();
  }

  /** What the sbc is started with besides. */
  get words(): readonly string[] {
    return ["--database", join(this.#pair.bed(1).root, "run/mysqld/mysqld.sock")];
  }

  /** A file of settings as ngcpcfg writes it. */
  settings(content: object): string {
    const path = join(this.#directory, `${Object.values(content).join("-")}.json`);
    writeFileSync(path, JSON.stringify(content));
    return path;
  }

  async remove(): Promise<void> {
    rmSync(this.#directory, { recursive: true, force: true });
    await this.#pair.remove();
  }
}
