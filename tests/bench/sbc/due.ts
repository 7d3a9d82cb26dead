import { setTimeout as pause } from "node:timers/promises";
import type { SipRequest, SipResponse } from "../../../components/sbc/sip/message.ts";
import { SbcPair } from "../../contract/sbc/pair.ts";
import { PREPAID, Purse } from "../../contract/sbc/purse.ts";
import { branchOf, sdpOf, WirePhone } from "../../contract/sbc/wire-phone.ts";
import type { Lines } from "../../contract/sbc/wire-phone.ts";
import { until } from "../../contract/sip/until.ts";
import type { Figure } from "../figure.ts";
import { figure } from "../figure.ts";

const CALLS = 100;
const LIMIT_MS = 60_000;
/** When the money ends, and when half of a session is over. */
const PAID_SECONDS = 8;
const REFRESH_SECONDS = 30;
/** Refreshes that are overdue are spread over ten seconds; whatever would be said a second time is said by then, too. */
const AFTERWARDS_MS = 12_000;
/** Between two calls: each message of each phone finds room in the other's buffer. */
const APART_MS = 5;

const callIds = (messages: readonly (SipRequest | SipResponse)[]): Set<string> =>
  new Set(messages.map(({ callId }) => callId));

/** Calls between two phones that answer what they are asked, and count it. */
class Due {
  readonly pair: SbcPair;
  readonly caller: WirePhone;
  readonly callee: WirePhone;
  readonly #answered = new Set<string>();
  readonly #answering: NodeJS.Timeout;

  private constructor(pair: SbcPair, caller: WirePhone, callee: WirePhone, said: Lines) {
    this.pair = pair;
    this.caller = caller;
    this.callee = callee;
    this.#answering = setInterval(() => this.#answer(said), 10);
  }

  static async open(said: Lines, settings?: string, words?: readonly string[]): Promise<Due> {
    const [caller, callee] = await Promise.all([WirePhone.open(), WirePhone.open()]);
    const pair = await SbcPair.start(callee.port, settings, words);
    return new Due(pair, caller, callee, said);
  }

  /** Sets all calls up; resolves with the answers, and when the first of them was asked for. */
  async setUp(lines: Lines): Promise<{ answers: readonly SipResponse[]; begunAt: number }> {
    const begunAt = performance.now();
    const sent: SipRequest[] = [];
    for (let count = 0; count < CALLS; count += 1) {
      sent.push(this.caller.invite(this.pair.port, { lines }));
      await pause(APART_MS);
    }
    const answers = await Promise.all(sent.map((invite) => this.caller.response(invite, 200)));
    for (const answer of answers) this.caller.acknowledge(answer);
    await until(async () => (await this.pair.phases())["confirmed"] === CALLS, LIMIT_MS);
    return { answers, begunAt };
  }

  /** The active node dies a second before something is due, and the other one goes on a second after. */
  async takeOver(begunAt: number, dueSeconds: number): Promise<void> {
    const untilMs = (seconds: number): number => begunAt + seconds * 1_000 - performance.now();
    await pause(Math.max(0, untilMs(dueSeconds - 1)));
    await this.pair.die();
    await pause(Math.max(0, untilMs(dueSeconds + 1)));
    await this.pair.startProcess(this.pair.redisPorts[1]).ready();
    await pause(AFTERWARDS_MS);
  }

  /** How many calls had exactly one request of this kind at that phone; one that is repeated is one. */
  once(phone: WirePhone, method: string): number {
    const branches = new Map<string, Set<string | undefined>>();
    for (const request of phone.requests(method)) {
      const { callId } = request;
      branches.set(callId, (branches.get(callId) ?? new Set()).add(branchOf(request)));
    }
    return [...branches.values()].filter(({ size }) => size === 1).length;
  }

  async end(): Promise<void> {
    clearInterval(this.#answering);
    this.caller.close();
    this.callee.close();
    await this.pair.end();
  }

  #answer(said: Lines): void {
    for (const phone of [this.caller, this.callee])
      for (const method of ["INVITE", "UPDATE", "BYE"])
        for (const request of phone.requests(method)) {
          const key = `${request.callId} ${branchOf(request) ?? ""}`;
          if (this.#answered.has(key)) continue;
          this.#answered.add(key);
          const body = method === "INVITE" ? sdpOf("callee") : "";
          phone.respond(request, 200, { lines: said, body });
        }
  }
}

const TIMED: Lines = {
  Allow: "INVITE, UPDATE",
  Require: "timer",
  "Session-Expires": `${2 * REFRESH_SECONDS};refresher=uac`,
};

const refreshes = async (): Promise<readonly Figure[]> => {
  const due = await Due.open(TIMED);
  try {
    const { answers, begunAt } = await due.setUp({});
    await due.takeOver(begunAt, REFRESH_SECONDS);
    const once = due.once(due.callee, "UPDATE");
    for (const answer of answers) due.caller.within(answer, "BYE");
    await until(async () => (await due.pair.leftOver()).length === 0, LIMIT_MS);
    const of = `of ${CALLS} calls`;
    return [
      figure("kill -9: sessions whose refresh is due meanwhile are refreshed once", of, [once], {
        atLeast: CALLS,
      }),
      figure("  and go on until they are hung up", of, [callIds(due.callee.requests("BYE")).size], {
        atLeast: CALLS,
      }),
    ];
  } finally {
    await due.end();
  }
};

const prepaid = async (): Promise<readonly Figure[]> => {
  const purse = new Purse("benchpurse");
  try {
    await purse.open();
    purse.fill(CALLS * PAID_SECONDS);
    const settings = purse.settings({ prepaidStepSeconds: PAID_SECONDS / 2 });
    const due = await Due.open({}, settings, purse.words);
    try {
      const { begunAt } = await due.setUp(PREPAID);
      await due.takeOver(begunAt, PAID_SECONDS);
      const once = Math.min(due.once(due.caller, "BYE"), due.once(due.callee, "BYE"));
      await until(() => Promise.resolve(purse.calls.every(({ cost }) => cost >= 0)), LIMIT_MS);
      const charged = purse.calls.reduce((sum, { cost }) => sum + cost, 0);
      return [
        figure(
          "kill -9: prepaid calls whose money ends meanwhile are ended once",
          `of ${CALLS} calls`,
          [once],
          { atLeast: CALLS },
        ),
        figure("  and nothing is left or owed", "cents", [purse.cents], { atMost: 0 }),
        figure("  and charged", `of ${CALLS * PAID_SECONDS} cents`, [charged], {
          atLeast: CALLS * PAID_SECONDS,
          atMost: CALLS * PAID_SECONDS,
        }),
      ];
    } finally {
      await due.end();
    }
  } finally {
    await purse.remove();
  }
};

/** What falls due while no process has the calls happens once, and all the same. */
export const sbcDue = async (): Promise<Figure[]> => [...(await refreshes()), ...(await prepaid())];
