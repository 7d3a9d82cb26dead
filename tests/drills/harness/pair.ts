import { setTimeout as pause } from "node:timers/promises";
import type { Layers } from "../../../ops/lab/disk.ts";
import { Instruments } from "../../../ops/lab/measure/instruments.ts";
import { otherNode } from "../../../ops/lab/names.ts";
import type { Lab, NodeName } from "../../../ops/lab/names.ts";
import { activeNode, disorderOf, rolesOf } from "../../../ops/lab/order.ts";
import { daemonStatus } from "../../../ops/lab/node-status.ts";
import { nowMs } from "../../../ops/lab/phone/clock.ts";
import { bringUp } from "../../../ops/lab/pair.ts";
import type { ReachReport } from "../../../ops/lab/reach.ts";
import { Telephony } from "../../../ops/lab/telephony.ts";
import type { CallReport } from "../../../ops/lab/telephony.ts";
import { within } from "../../../ops/lab/waiting.ts";
import { ExpectationError } from "./expectation-error.ts";
import { Expectations } from "./expectations.ts";
import { Faults } from "./faults.ts";
import type { Figures } from "./figures.ts";
import { fillDatabase } from "./filler.ts";
import { Rows } from "./rows/rows.ts";
import type { RowsReport } from "./rows/rows.ts";
import { Units } from "./units.ts";

const SETTLE_MAX_MS = 120_000;
/** What a pair says of itself for this long is no passing thing: the stores are asked every second. */
const LASTS_MS = 2_500;
/** How long the pair is watched before the fault, to know what the machine itself does. */
const QUIET_MS = 2_000;
const MS_PER_SECOND = 1_000;
const UNDER_WAY_MS = 60_000;
/** Questions lost for up to this long, with the same node before and after, are the machine's own doing and no outage. */
const NOISE_MS = 10;

/** The booted pair as a drill sees it: what can be done to it is `faults`, what it must do then is `expect`. */
export class Pair {
  readonly faults: Faults;
  readonly expect: Expectations;
  readonly units: Units;
  readonly telephony: Telephony;
  readonly #lab: Lab;
  readonly #instruments: Instruments;
  #active: NodeName = "sp1";
  #floorMs = 0;
  #faultAt: number | undefined;
  #heldFrom: number | undefined;
  #settledSince = 0;
  /** Since when the pair has been in order, if nothing was done to it since it settled after a drill. */
  #inOrderSince: number | undefined;
  #sipMeasured = false;
  #call: CallReport | undefined;
  #reach: ReachReport | undefined;
  #rows: Rows | undefined;
  #rowFigures: Partial<Figures> = {};

  private constructor(lab: Lab, layers: Layers, instruments: Instruments) {
    this.#lab = lab;
    this.#instruments = instruments;
    this.telephony = new Telephony(lab);
    this.faults = new Faults(lab, layers, instruments);
    this.expect = new Expectations(lab, instruments, this);
    this.units = new Units(this.faults);
  }

  /** Boots the pair, or takes the one that runs, and starts to watch it. */
  static async open(lab: Lab, layers: Layers): Promise<Pair> {
    await bringUp(lab, layers, () => undefined);
    const instruments = new Instruments(lab);
    await instruments.start();
    return new Pair(lab, layers, instruments);
  }

  async close(): Promise<void> {
    this.#rows?.remove();
    await this.telephony.close();
    await this.#instruments.stop();
  }

  /** The node that was active when the pair had settled, before the fault. */
  get active(): NodeName {
    return this.#active;
  }

  get standby(): NodeName {
    return otherNode(this.#active);
  }

  /** From when on the drill is measured: just before the first fault. */
  get faultAt(): number {
    return this.#faultAt ?? nowMs();
  }

  /** Waits for a pair in order: one active with open services, one standby in sync, and answers from the active. */
  async settled(): Promise<void> {
    let missing = "";
    let since = this.#inOrderSince ?? nowMs();
    this.#inOrderSince = undefined;
    const inTime = await within(SETTLE_MAX_MS, async () => {
      const disorder = await disorderOf(this.#lab, this.#instruments.answers.answeredBy);
      if (disorder !== missing) [missing, since] = [disorder, nowMs()];
      return missing === "" && nowMs() - since > LASTS_MS;
    });
    if (!inTime) throw new ExpectationError(`the pair did not settle: ${missing}`);
    this.#active = this.activeNow() ?? this.#active;
    this.#settledSince = since;
  }

  async isStandbyEligible(): Promise<boolean> {
    return (await daemonStatus(this.#lab, this.#active))?.peer.eligible === true;
  }

  /** Waits until the standby would be handed the role by an unhealthy active node: an unhealthy one is not for a minute. */
  async standbyEligible(): Promise<void> {
    const inTime = await within(SETTLE_MAX_MS, () => this.isStandbyEligible());
    if (!inTime) throw new ExpectationError(`${this.standby} could not take over`);
  }

  /** Registers the phones, for a drill that no call lives through. */
  async phonesUp(): Promise<void> {
    await Telephony.provision(this.#lab, this.#active);
    await this.telephony.register();
  }

  /** Registers the phones, sets up a call between two of them with audio both ways, and lets a client register all the time. */
  async callUp(): Promise<void> {
    await this.phonesUp();
    await this.telephony.call();
    await this.telephony.startLoad();
    this.#sipMeasured = true;
  }

  /** Watches the pair for a while without a fault; what is measured from here on belongs to the drill. */
  async quiet(): Promise<void> {
    this.#instruments.witness.calibrate();
    await pause(QUIET_MS);
    this.#floorMs = this.#instruments.floorMs(QUIET_MS);
    await this.telephony.mark();
    this.#faultAt = nowMs();
  }

  /** Counts a common holding of the address from `at` on: a frozen kernel holds it, and can do nothing about it. */
  countBothHeldFrom(at: number): void {
    this.#heldFrom = at;
  }

  /** What has to be in order before a drill, all at once. */
  async ready(): Promise<void> {
    await this.settled();
    await this.callUp();
    await this.quiet();
  }

  /** Ends the call, and says what became of it. */
  async finishCall(): Promise<CallReport> {
    this.#call = await this.telephony.finish(this.#lab, () => this.activeNow() ?? this.#active);
    return this.#call;
  }

  /** Calls the phone behind NAT and the TLS phone, and says whether they were reached. */
  async reachPhones(): Promise<ReachReport> {
    this.#reach = await this.telephony.reach(this.faultAt);
    return this.#reach;
  }

  /** What was measured since the pair was quiet. */
  async figures(): Promise<Figures> {
    const from = this.faultAt;
    const sip = this.#sipMeasured ? await this.telephony.sipOutageMs(from) : null;
    return {
      address_outage_ms: rounded(this.addressOutageMs()),
      sip_outage_ms: sip === null ? null : rounded(sip),
      rtp_gap_a_ms: this.#call === undefined ? null : rounded(this.#call.gapAtCallerMs),
      rtp_gap_b_ms: this.#call === undefined ? null : rounded(this.#call.gapAtCalleeMs),
      both_held_ms: rounded(this.#bothHeldMs()),
      calls_up: this.#sipMeasured ? 1 : 0,
      calls_kept: this.#call?.kept ?? 0,
      active_before: this.#active,
      active_after: this.activeNow() ?? "none",
      floor_ms: rounded(this.#floorMs),
      ...(this.#reach === undefined ? {} : reachFigures(this.#reach)),
      ...this.#rowFigures,
    };
  }

  /** Gives the pair 500 MB of rows. */
  async fill(): Promise<void> {
    const data_mb = await fillDatabase(this.faults, this.#active, this.standby);
    this.#rowFigures = { ...this.#rowFigures, data_mb };
  }

  /** Eight clients that write call records on a node until they or it is stopped. */
  writeRows(pauseMs?: number, node: NodeName = this.#active): Rows {
    this.#rows ??= new Rows(this.#lab);
    this.#rows.start(node, pauseMs);
    return this.#rows;
  }

  /** A busy machine takes its time to start the clients: a fault that nobody writes in shows nothing. */
  async rowsUnderWay(): Promise<void> {
    const some = (): boolean => (this.#rows?.acknowledged().length ?? 0) > 0;
    if (!(await within(UNDER_WAY_MS, some)))
      throw new ExpectationError("no row was acknowledged before the fault");
  }

  /**
   * Waits for a pair in order, and holds every acknowledged row against what is there then: in both databases, whose rows
   * must be equal in every table.
   */
  async countRows(since: number): Promise<RowsReport & { readonly inSyncS: number }> {
    await this.settled();
    const inSyncS = rounded((nowMs() - LASTS_MS - since) / MS_PER_SECOND);
    const report = await this.#rows?.report(this.#active, this.standby);
    if (report === undefined) throw new ExpectationError("nobody has written rows");
    const check = await this.faults.exec(this.standby, ["ngcp-replication", "check"]);
    if (check.status !== 0)
      throw new ExpectationError(`the nodes differ: ${check.stdout}${check.stderr}`);
    this.#rowFigures = {
      ...this.#rowFigures,
      rows_acked: report.acked,
      rows_lost: report.lost,
      rows_quarantined: report.quarantined,
      write_longest_ms: report.longestMs,
      in_sync_s: inSyncS,
    };
    return { ...report, inSyncS };
  }

  /** Figures that only this story has. */
  note(figures: Partial<Figures>): void {
    this.#rowFigures = { ...this.#rowFigures, ...figures };
  }

  /** Leaves the pair as a drill found it, in order; the next drill need not find out once more that it lasts. */
  async leave(): Promise<void> {
    await this.#cleanUp();
    await this.settled();
    this.#inOrderSince = this.#settledSince;
  }

  async #cleanUp(): Promise<void> {
    if (this.#sipMeasured) await this.telephony.reset();
    this.#sipMeasured = false;
    this.#call = undefined;
    this.#reach = undefined;
    this.#faultAt = undefined;
    this.#heldFrom = undefined;
    this.#rows?.remove();
    this.#rows = undefined;
    this.#rowFigures = {};
    await this.faults.repair();
  }

  addressOutageMs(): number {
    const [from, to] = [this.faultAt, nowMs()];
    const gap = this.#instruments.answers.longest(from, to);
    const moved = this.#instruments.answers.changes(from, to) > 0;
    return gap <= NOISE_MS && !moved ? 0 : gap;
  }

  #bothHeldMs(): number {
    return this.#instruments.witness.bothHeldMs(this.#heldFrom ?? this.faultAt, nowMs());
  }

  activeNow(): NodeName | undefined {
    return activeNode(this.#lab);
  }

  roles(): string {
    return rolesOf(this.#lab);
  }
}

const reachFigures = ({ nat, tls, tlsBackMs }: ReachReport): Partial<Figures> => ({
  nat_reached: nat ? 1 : 0,
  tls_reached: tls ? 1 : 0,
  tls_back_ms: tlsBackMs === null ? null : rounded(tlsBackMs),
});

const rounded = (ms: number): number => Math.round(ms * 10) / 10;
