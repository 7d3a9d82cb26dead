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
