import { callKey } from "../../../components/call-key.ts";
import { spawn } from "node:child_process";
import { once } from "node:events";
import type { Node, StorePair } from "../stores/bed.ts";
import { MediatorProcess } from "./mediator-process.ts";
import type { MediatorSettings } from "./mediator-process.ts";

const SETTINGS: MediatorSettings = {
  maxCallMs: 43_200_000,
  graceMs: 90_000,
  batch: 500,
  keepMs: 86_400_000,
};

const COLUMNS =
  "method, from_tag, to_tag, callid, sip_code, sip_reason, time, time_hires, src_user, src_domain, src_ip, dst_ouser, dst_user, dst_domain";

/** What fits into one argument of a program. */
const ROWS_AT_ONCE = 500;

interface Given {
  readonly code?: string;
  readonly reason?: string;
  readonly agoSeconds?: number;
}

/** A row of kamailio.acc from alice to bob. */
export const row = (method: string, callId: string, given: Given = {}): string => {
  const { code = "200", reason = "OK", agoSeconds = 0 } = given;
  const when = `UNIX_TIMESTAMP(NOW(3)) - ${agoSeconds}`;
  return `('${method}', 'f', 't', '${callId}', '${code}', '${reason}', NOW(), ${when}, 'alice', 'd', '192.0.2.7', 'bob', 'bob', 'd')`;
};

/** Of the call whose records `row` makes. */
export const keyOf = (callId: string): string => callKey({ callId, fromTag: "f", toTag: "t" });

/** Start and stop of many calls, NAME-0 and on. */
export const callsNamed = (name: string, many: number): readonly string[] =>
  Array.from({ length: many }, (_none, index) => [
    row("INVITE", `${name}-${index}`, { agoSeconds: 60 }),
    row("BYE", `${name}-${index}`),
  ]).flat();

/** The proxy's own word, and not what config.yml has it say. */
const OWN_OFFLINE =
  "UPDATE kamailio.acc SET dst_leg = 'by=uuid-of-carol;uuid=b;reply=offline' WHERE callid = 'one-3'";

/** What alice and the peer `gw` are. */
const PROVISIONED = [
  "INSERT INTO billing.contracts (id, external_id) VALUES (7, 'customer')",
  "INSERT INTO provisioning.voip_domains (id, domain) VALUES (7, 'books')",
  "INSERT INTO provisioning.voip_subscribers (id, uuid, username, domain_id, account_id, external_id) VALUES (7, 'uuid-of-alice', 'alice', 7, 7, 'alice-in-books')",
  "INSERT INTO provisioning.voip_usr_preferences (subscriber_id, attribute_id, value) VALUES (7, 33, 'own')",
  "INSERT INTO provisioning.voip_contract_preferences (contract_id, attribute_id, value) VALUES (7, 33, 'hidden'), (7, 34, 'other')",
  "INSERT INTO provisioning.voip_peer_groups (id, name) VALUES (7, 'carrier')",
  "INSERT INTO provisioning.voip_peer_hosts (group_id, name, ip) VALUES (7, 'gw', '192.0.2.9')",
];

const FACTS =
  "source_external_subscriber_id, source_external_contract_id, source_gpp0, source_gpp1, source_gpp2, source_provider_id, source_peer, destination_provider_id, destination_peer, forwarder_user_id";

/** The tables that the mediator works on, and the mediators of a test. */
export class Mediation {
  readonly #pair: StorePair;
  readonly #running = new Set<MediatorProcess>();

  constructor(pair: StorePair) {
    this.#pair = pair;
  }

  start(node: Node, settings: Partial<MediatorSettings> = {}): MediatorProcess {
    const mediator = new MediatorProcess(
      { root: this.#pair.bed(node).root, password: this.#pair.password(node) },
      { ...SETTINGS, ...settings },
    );
    this.#running.add(mediator);
    return mediator;
  }

  async kill(mediator: MediatorProcess): Promise<void> {
    await mediator.kill();
    this.#running.delete(mediator);
  }

  async killAll(): Promise<void> {
    await Promise.all([...this.#running].map((mediator) => mediator.kill()));
  }

  sql(node: Node, statement: string): string {
    return this.#pair.bed(node).sql(statement);
  }

  count(node: Node, from: string): number {
    return Number(this.sql(node, `SELECT COUNT(*) FROM ${from}`));
  }

  add(node: Node, ...rows: readonly string[]): void {
    for (let first = 0; first < rows.length; first += ROWS_AT_ONCE) {
      const some = rows.slice(first, first + ROWS_AT_ONCE).join(", ");
      this.sql(node, `INSERT INTO kamailio.acc (${COLUMNS}) VALUES ${some}`);
    }
  }

  /** Of each record with this Call-ID: what the caller paid, the callee, and whether it is rated. */
  costsOf(node: Node, callId: string): string {
    const columns = "source_customer_cost, destination_customer_cost, rating_status";
    const records = `accounting.cdr WHERE call_id = '${callId}' ORDER BY id`;
    return this.sql(node, `SELECT ${columns} FROM ${records}`);
  }

  /** Makes alice a subscriber and the peer `gw`, and one-3 a call that was forwarded and found nobody. */
  provision(node: Node): void {
    for (const statement of [OWN_OFFLINE, ...PROVISIONED]) this.sql(node, statement);
  }

  unprovision(node: Node): void {
    for (const table of ["voip_subscribers", "voip_domains"])
      this.sql(node, `DELETE FROM provisioning.${table} WHERE id = 7`);
  }

  /** Three prepaid calls that are settled: two of paid-0, which alice and somebody else pay, and paid-later, which is not there. */
  settlePrepaid(node: Node): void {
    this.sql(node, "INSERT INTO provisioning.voip_domains (domain) VALUES ('d')");
    this.sql(node, "INSERT INTO billing.contracts (external_id) VALUES ('acme'), ('other')");
    const id = (name: string): string =>
      `(SELECT id FROM billing.contracts WHERE external_id = '${name}')`;
    this.sql(
      node,
      `INSERT INTO provisioning.voip_subscribers (uuid, username, domain_id, account_id)
      SELECT 'uuid-of-alice', 'alice', id, ${id("acme")} FROM provisioning.voip_domains`,
    );
    const settled = (key: string, who: string, callId: string, cost: number): string =>
      `('${key}', ${id(who)}, '${callId}', '${keyOf(callId)}', '49', NOW(3), 'end', ${cost})`;
    this.sql(
      node,
      `INSERT INTO billing.prepaid_calls (id, contract_id, call_id, cdr_key, destination, settled_at, settled_by, cost)
      VALUES ${settled("a", "acme", "paid-0", 12.5)}, ${settled("b", "other", "paid-0", 3)},
        ${settled("c", "acme", "paid-later", 1)}`,
    );
  }

  /** What the record of a call says of the parties beside their names. */
  factsOf(node: Node, callId: string): string {
    const records = `accounting.cdr WHERE call_id = '${callId}'`;
    return this.sql(node, `SELECT CONCAT_WS('|', ${FACTS}) FROM ${records}`);
  }

  recordsOf(node: Node, name: string): number {
    return this.count(node, `accounting.cdr WHERE call_id LIKE '${name}-%'`);
  }

  callsWithRecord(node: Node, name: string): number {
    const calls = `SELECT DISTINCT call_id FROM accounting.cdr WHERE call_id LIKE '${name}-%'`;
    return this.count(node, `(${calls}) calls`);
  }

  openOf(node: Node, name: string): number {
    return this.count(node, `kamailio.acc WHERE callid LIKE '${name}-%' AND mediated = 0`);
  }

  /** Waits until `node` has what its peer has written. */
  caughtUp(node: Node): void {
    const to = this.sql(node === 1 ? 2 : 1, "SELECT @@GLOBAL.gtid_binlog_pos");
    if (this.sql(node, `SELECT MASTER_GTID_WAIT('${to}', 30)`) !== "0")
      throw new Error(`sp${node} did not come to ${to}`);
  }

  /**
   * Locks the stop of a call, so that a batch with it stops after its inserts and before its commit.
   *
   * @returns what lets go of it
   */
  async holdRecord(node: Node, callId: string): Promise<() => Promise<void>> {
    const { root, namespace } = this.#pair.bed(node);
    const client = ["netns", "exec", namespace, "chroot", root, "mariadb", "-N", "--unbuffered"];
    const holder = spawn("ip", client, { stdio: ["pipe", "pipe", "ignore"] });
    const ended = once(holder, "exit");
    // A node that stands by has ended its connection before.
    holder.stdin.on("error", () => undefined);
    const locked = once(holder.stdout, "data");
    const wanted = `SELECT id FROM kamailio.acc WHERE callid = '${callId}' AND method = 'BYE' FOR UPDATE`;
    holder.stdin.write(`START TRANSACTION;\n${wanted};\n`);
    await locked;
    return async () => {
      holder.stdin.end("ROLLBACK;\n");
      await ended;
    };
  }

  isInTheMiddle(node: Node): boolean {
    const update = "USER = 'ngcp' AND INFO LIKE 'UPDATE kamailio.acc%'";
    return this.count(node, `information_schema.PROCESSLIST WHERE ${update}`) > 0;
  }
}
