import path from "node:path";
import { fileURLToPath } from "node:url";
import { nowMs } from "./phone/clock.ts";
import {
  HOME,
  LOAD_ADDRESS,
  namespacePath,
  PHONE_ADDRESSES,
  SHARED_ADDRESS,
  TLS_PHONE_ADDRESS,
} from "./names.ts";
import type { Lab, NodeName, Place } from "./names.ts";
import { enter, NodeError } from "./node.ts";
import type { Answered } from "./phone/call.ts";
import type { SipAddress } from "./phone/endpoint.ts";
import type { PhoneOptions } from "./phone/phone.ts";
import { Phones } from "./phone/phones.ts";
import type { RtpReport } from "./phone/rtp.ts";
import { reach } from "./reach.ts";
import type { Line, ReachReport } from "./reach.ts";
import { within } from "./waiting.ts";

const DOMAIN = "sip.example.org";
const SIP_PORT = 5060;
const SIPS_PORT = 5061;
const REGISTER_EVERY_MS = 20;
const REGISTRATION_SECONDS = 3600;
const CALLER = "alice";
const CALLEE = "bob";
/** Behind the router of a home network. */
const NAT_PHONE = "carol";
const TLS_PHONE = "dave";
const MONITOR = "monitor";
const USERS: readonly string[] = [CALLER, CALLEE, NAT_PHONE, TLS_PHONE, MONITOR];

/** What became of a call over a fault. */
export interface CallReport {
  readonly up: number;
  readonly kept: number;
  /** The longest time without a packet at the caller, and at the callee. Milliseconds. */
  readonly gapAtCallerMs: number;
  readonly gapAtCalleeMs: number;
  /** Why a call does not count as kept, in words; empty when all were. */
  readonly losses: readonly string[];
}

const passwordOf = (user: string): string => `secret-of-${user}`;

/**
 * The phones of the lab: two that call each other over the shared address, one behind NAT and one over TLS that are called
 * after a fault, and a client that registers all the time.
 */
export class Telephony {
  readonly #phones: Phones;
  readonly #home: Phones;
  #callId: string | undefined;
  #opened = false;

  constructor(lab: Lab) {
    this.#phones = phonesIn(lab, "phones");
    this.#home = phonesIn(lab, "home");
  }

  /** Gives the pair the subscribers that the phones are. To be called with the active node. */
  static async provision(lab: Lab, active: NodeName): Promise<void> {
    const file = JSON.stringify({
      domains: { [DOMAIN]: {} },
      customers: { lab: {} },
      subscribers: Object.fromEntries(
        USERS.map((user) => [`${user}@${DOMAIN}`, { customer: "lab", password: passwordOf(user) }]),
      ),
    });
    // The pair may be so young that its tables are still being made; what comes in here is a socket, which has no name to open.
    const words = "systemctl --wait start ngcp-schema && cat | ngcp-provision apply /dev/stdin";
    const done = await enter(lab, active, ["sh", "-c", words], { input: file });
    if (done.status !== 0) throw new NodeError(`${active} took no subscribers: ${done.stderr}`);
  }

  /** Registers each phone with digest authentication. */
  async register(): Promise<void> {
    const lines = [CALLER, CALLEE, NAT_PHONE, TLS_PHONE].map((user) => this.#lineOf(user));
    if (!this.#opened)
      for (const { phones, name } of lines)
        await phones.ask({ kind: "open", phone: name, options: optionsOf(name) });
    this.#opened = true;
    const expiresSeconds = REGISTRATION_SECONDS;
    for (const { phones, name } of lines)
      expectStatus(
        `REGISTER of ${name}`,
        await phones.ask({ kind: "register", phone: name, expiresSeconds }),
      );
  }

  /** Calls the phones that are only registered, and says which of them was reached. */
  reach(faultAt: number): Promise<ReachReport> {
    const [nat, tls] = [this.#lineOf(NAT_PHONE), this.#lineOf(TLS_PHONE)];
    return reach(this.#lineOf(CALLER), { nat, tls }, faultAt);
  }

  #lineOf(name: string): Line {
    const phones = name === NAT_PHONE ? this.#home : this.#phones;
    return { name, uri: `sip:${name}@${DOMAIN}`, phones };
  }

  /** Sets up a call with audio both ways. */
  async call(): Promise<void> {
    const arrival = this.#phones.ask({ kind: "arrival", phone: CALLEE });
    const uri = `sip:${CALLEE}@${DOMAIN}`;
    const setUp = await this.#phones.ask({ kind: "call", phone: CALLER, uri });
    expectStatus("INVITE", setUp);
    await arrival;
    this.#callId = setUp.callId;
  }

  /** Begins to measure the audio of the call anew. */
  async mark(): Promise<void> {
    if (this.#callId === undefined) return;
    for (const phone of [CALLER, CALLEE])
      await this.#phones.ask({ kind: "markAudio", phone, callId: this.#callId });
  }

  audio(phone: "caller" | "callee"): Promise<RtpReport> {
    const callId = this.#callId ?? "";
    return this.#phones.ask({ kind: "audio", phone: phone === "caller" ? CALLER : CALLEE, callId });
  }

  /**
   * Ends the call and says whether it was kept: audio both ways to the end from one place, a re-INVITE and the callee's
   * BYE answered with 200, and rows of both in the accounts of the active node.
   *
   * @param active which node that is when they are looked for: the role may move while the call ends
   */
  async finish(lab: Lab, active: () => NodeName): Promise<CallReport> {
    const callId = this.#callId;
    if (callId === undefined) throw new Error("there is no call to finish");
    const [caller, callee] = [await this.audio("caller"), await this.audio("callee")];
    const silence = [...audioLosses("caller", caller), ...audioLosses("callee", callee)];
    const reinvite = await this.#phones.ask({ kind: "reinvite", phone: CALLER, callId });
    const bye = await this.#phones.ask({ kind: "bye", phone: CALLEE, callId });
    this.#callId = undefined;
    const losses = [
      ...silence,
      ...(reinvite.status === 200 ? [] : [`the re-INVITE was answered ${reinvite.status}`]),
      ...(bye.status === 200 ? [] : [`the BYE was answered ${bye.status}`]),
      ...(await missingAccounts(lab, active, callId)),
    ];
    return {
      up: 1,
      kept: losses.length === 0 ? 1 : 0,
      gapAtCallerMs: caller.largestGapMs,
      gapAtCalleeMs: callee.largestGapMs,
      losses,
    };
  }

  /** Registers every 20 ms from now on, to see when SIP is answered. */
  async startLoad(): Promise<void> {
    const options = { ...optionsOf(MONITOR), everyMs: REGISTER_EVERY_MS };
    await this.#phones.ask({ kind: "startLoad", load: MONITOR, options });
  }

  /** The longest time between two answers 200 since `from`, one that has not ended included. Milliseconds. */
  async sipOutageMs(from: number): Promise<number> {
    const { answers } = await this.#phones.ask({ kind: "load", load: MONITOR });
    const good = answers.filter((answer) => answer.status === 200).map((a) => a.answeredAtMs);
    const before = good.findLast((at) => at <= from) ?? from;
    const times = [before, ...good.filter((at) => at > from), nowMs()];
    return Math.max(...times.slice(1).map((at, index) => at - (times[index] ?? at)));
  }

  /** Ends the load, and forgets a call that was not finished: its other end may be gone. */
  async reset(): Promise<void> {
    await this.#phones.ask({ kind: "stopLoad", load: MONITOR });
    this.#callId = undefined;
  }

  async close(): Promise<void> {
    await this.#phones.close();
    await this.#home.close();
  }
}

/** A process of phones in a namespace; it ends with this one. */
const phonesIn = (lab: Lab, place: Place): Phones => {
  const main = path.join(path.dirname(fileURLToPath(import.meta.url)), "phone/main.js");
  return new Phones([
    "setpriv",
    ...["--pdeathsig", "KILL", "chrt", "--rr", "60"],
    ...["nsenter", `--net=${namespacePath(lab, place)}`],
    process.execPath,
    main,
  ]);
};

const LOCAL: Readonly<Record<string, SipAddress>> = {
  [CALLER]: { address: PHONE_ADDRESSES[0] ?? "", port: SIP_PORT },
  [CALLEE]: { address: PHONE_ADDRESSES[1] ?? "", port: SIP_PORT },
  [NAT_PHONE]: { address: HOME.phone, port: SIP_PORT },
  [TLS_PHONE]: { address: TLS_PHONE_ADDRESS, port: SIPS_PORT },
  [MONITOR]: { address: LOAD_ADDRESS, port: 5070 },
};

const optionsOf = (user: string): PhoneOptions => {
  const tls = user === TLS_PHONE;
  const local = LOCAL[user];
  if (local === undefined) throw new NodeError(`nobody says where the phone of ${user} is`);
  return {
    user,
    domain: DOMAIN,
    password: passwordOf(user),
    ...(tls ? { transport: "tls" } : {}),
    local,
    server: { address: SHARED_ADDRESS, port: tls ? SIPS_PORT : SIP_PORT },
  };
};

const expectStatus = (what: string, answered: Answered): void => {
  if (answered.status !== 200)
    throw new NodeError(`${what} was answered ${answered.status} ${answered.reason}`);
};

const SILENT_MS = 200;

const silenceOf = ({ lastAtMs }: RtpReport): string =>
  lastAtMs === null ? "the fault" : `${(nowMs() - lastAtMs).toFixed(0)} ms`;

const audioLosses = (side: string, report: RtpReport): readonly string[] => [
  ...(report.lastAtMs === null || nowMs() - report.lastAtMs > SILENT_MS
    ? [`no audio arrives at the ${side} since ${silenceOf(report)}`]
    : []),
  ...(report.sources.length > 1
    ? [`audio arrives at the ${side} from ${report.sources.join(" and ")}`]
    : []),
];

/**
 * The proxy writes the row of a BYE when it has sent the 200, and nobody sees it before the standby has it (AFTER_SYNC), or
 * before it is waited for no more: `database.semi_sync_timeout_ms` is 2 s.
 */
const ACCOUNTED_WITHIN_MS = 3_000;

const missingAccounts = async (
  lab: Lab,
  active: () => NodeName,
  callId: string,
): Promise<readonly string[]> => {
  const sql = `SELECT DISTINCT method FROM acc WHERE callid = '${callId}'`;
  let missing: readonly string[] = [];
  await within(ACCOUNTED_WITHIN_MS, async () => {
    const { stdout } = await enter(lab, active(), ["mariadb", "-N", "kamailio", "-e", sql]);
    const methods = stdout.split("\n");
    missing = ["INVITE", "BYE"].filter((method) => !methods.includes(method));
    return missing.length === 0;
  });
  return missing.map((method) => `there is no account of the ${method}`);
};
