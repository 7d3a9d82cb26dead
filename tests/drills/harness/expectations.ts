import { setTimeout as pause } from "node:timers/promises";
import type { RoleWord, Status } from "../../../ha/control/contract.ts";
import type { Instruments } from "../../../ops/lab/measure/instruments.ts";
import { NODES } from "../../../ops/lab/names.ts";
import type { Lab, NodeName } from "../../../ops/lab/names.ts";
import { daemonStatus, roleOf } from "../../../ops/lab/node-status.ts";
import { nowMs } from "../../../ops/lab/phone/clock.ts";
import type { ReachReport } from "../../../ops/lab/reach.ts";
import type { CallReport, Telephony } from "../../../ops/lab/telephony.ts";
import { ExpectationError } from "./expectation-error.ts";
import type { Faults } from "./faults.ts";
import { within } from "../../../ops/lab/waiting.ts";

interface InTime {
  readonly withinMs: number;
}

/** What expectations need to know of the pair that they are about. */
interface Watched {
  readonly active: NodeName;
  readonly standby: NodeName;
  readonly faultAt: number;
  readonly faults: Faults;
  readonly telephony: Telephony;
  activeNow(): NodeName | undefined;
  addressOutageMs(): number;
  finishCall(): Promise<CallReport>;
  reachPhones(): Promise<ReachReport>;
  roles(): string;
}

/** What a story says the pair does. Each throws an ExpectationError when the pair does not. */
export class Expectations {
  readonly #lab: Lab;
  readonly #instruments: Instruments;
  readonly #pair: Watched;

  constructor(lab: Lab, instruments: Instruments, pair: Watched) {
    this.#lab = lab;
    this.#instruments = instruments;
    this.#pair = pair;
  }

  /** The node has the role and is the one that answers at the shared address. */
  async active(node: NodeName, { withinMs }: InTime): Promise<void> {
    const inTime = await within(withinMs, () => this.#isActive(node));
    if (!inTime) this.#fail(`${node} is not active after ${withinMs} ms`);
  }

  async somebodyActive({ withinMs }: InTime): Promise<void> {
    const inTime = await within(withinMs, () => NODES.some((node) => this.#isActive(node)));
    if (!inTime) this.#fail(`nobody is active after ${withinMs} ms`);
  }

  async role(node: NodeName, role: RoleWord, { withinMs }: InTime): Promise<void> {
    const inTime = await within(withinMs, () => roleOf(this.#lab, node)?.role === role);
    if (!inTime) this.#fail(`${node} is not ${role} after ${withinMs} ms`);
  }

  /** The active node stays what it is, and no other node ever held the address or answered for it. */
  async noTakeover({ forMs }: { forMs: number }): Promise<void> {
    const { standby, faultAt } = this.#pair;
    await pause(forMs);
    if (this.#instruments.answers.nodes(faultAt, nowMs()).includes(standby))
      this.#fail(`${standby} answered for the shared address`);
    if (this.#instruments.witness.heldSince(standby, faultAt) !== undefined)
      this.#fail(`${standby} held the shared address`);
  }

  takeoversAtMost(number: number): void {
    const { faultAt } = this.#pair;
    const taken = this.#instruments.answers.changes(faultAt, nowMs());
    if (taken > number) this.#fail(`the address moved ${taken} times`);
  }

  servedBySomebody(): void {
    const silentMs = nowMs() - this.#instruments.answers.answeredAt;
    if (silentMs > SILENT_MAX_MS) this.#fail(`nobody has answered for ${silentMs.toFixed(0)} ms`);
  }

  /** An alarm or any other fact of the daemon's own account of itself. */
  async status(
    node: NodeName,
    { shows, holds, withinMs }: InTime & { shows: string; holds: (status: Status) => boolean },
  ): Promise<void> {
    const inTime = await within(withinMs, async () => {
      const status = await daemonStatus(this.#lab, node);
      return status !== undefined && holds(status);
    });
    if (!inTime) this.#fail(`after ${withinMs} ms ${node} does not show ${shows}`);
  }

  async databaseWritable({ withinMs }: InTime): Promise<void> {
    const ask = ["mariadb", "-N", "-e", "SELECT @@read_only"];
    const node = this.#pair.activeNow() ?? this.#pair.active;
    const inTime = await within(
      withinMs,
      async () => (await this.#pair.faults.exec(node, ask)).stdout.trim() === "0",
    );
    if (!inTime) this.#fail(`the database of ${node} is not writable after ${withinMs} ms`);
  }

  /** The database of the active node waits for its standby with each commit: semi-sync is on, and somebody is there. */
  async commitsWait({ withinMs }: InTime): Promise<void> {
    const ask = ["mariadb", "-N", "-e", "SHOW STATUS LIKE 'Rpl_semi_sync_master_status'"];
    const node = this.#pair.activeNow() ?? this.#pair.active;
    const inTime = await within(withinMs, async () =>
      /\tON$/m.test((await this.#pair.faults.exec(node, ask)).stdout),
    );
    if (!inTime) this.#fail(`commits on ${node} do not wait for the standby after ${withinMs} ms`);
  }

  /** No question to the address was lost, but for what a machine at rest loses as well. */
  noOutage(): void {
    const outage = this.#pair.addressOutageMs();
    if (outage > 0) this.#fail(`nobody answered for ${outage.toFixed(1)} ms`);
  }

  neverBothHeld(): void {
    const held = this.#instruments.witness.bothHeldMs(this.#pair.faultAt, nowMs());
    if (held > 0) this.#fail(`both nodes held the address for ${held.toFixed(1)} ms`);
  }

  /** The node's kernel has let the address go within a time after `after`. */
  async released(node: NodeName, { after, withinMs }: InTime & { after: number }): Promise<void> {
    await within(WITNESS_LAG_MS, () => !this.#instruments.witness.holds(node));
    const until = this.#instruments.witness.heldUntil(node, after);
    if (until !== undefined && until - after > withinMs)
      this.#fail(`${node} held the address for ${(until - after).toFixed(1)} ms more`);
  }

  /** Audio arrives at both ends of the call again. */
  async callGoesOn({ withinMs }: InTime): Promise<void> {
    const from = nowMs();
    const heard = async (end: "caller" | "callee"): Promise<boolean> =>
      ((await this.#pair.telephony.audio(end)).lastAtMs ?? 0) > from;
    const inTime = await within(
      withinMs,
      async () => (await heard("caller")) && (await heard("callee")),
    );
    if (!inTime) this.#fail(`the call has no audio both ways after ${withinMs} ms`);
  }

  /** Ends the call: it must have lived through everything until now, and new ones reach the other phones. */
  async callKept(): Promise<void> {
    const call = await this.#pair.finishCall();
    if (call.losses.length > 0) this.#fail(`the call was not kept: ${call.losses.join(", ")}`);
    await this.phonesReached();
  }

  /** A call reaches the phone behind NAT without its having registered again, and the TLS phone as soon as it is connected. */
  async phonesReached(): Promise<void> {
    const { losses } = await this.#pair.reachPhones();
    if (losses.length > 0) this.#fail(`a phone was not reached: ${losses.join(", ")}`);
  }

  #isActive(node: NodeName): boolean {
    const isActive = roleOf(this.#lab, node)?.role === "active";
    return isActive && this.#instruments.answers.answeredBy === node;
  }

  #fail(sentence: string): never {
    throw new ExpectationError(`${sentence} (${this.#pair.roles()})`);
  }
}

/** What the kernel tells of an address is read some time after it was told. */
const WITNESS_LAG_MS = 1000;
/** Beats of the client come every 200 ms and tell of questions that have waited as long: a younger silence may be none. */
const SILENT_MAX_MS = 700;
