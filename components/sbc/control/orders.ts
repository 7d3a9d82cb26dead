import { ApplianceError } from "../../../appliance/errors.ts";
import { phaseOf, serializeCall } from "../call.ts";
import type { Call } from "../call.ts";
import type { LiveCall, LiveCalls } from "../live-calls.ts";
import { parseNameAddr } from "../sip/address.ts";
import type { SbcSettings } from "../settings.ts";
import type { Tally } from "../tally.ts";
import type { Answers, CallLine, CallPage, ControlOrder, Stats } from "./contract.ts";
import type { RegistrationLine, RegistrationPage } from "./contract.ts";

export class NoSuchCallError extends ApplianceError {
  override readonly name = "NoSuchCallError";
  readonly code = "NGCP_SBC_NO_CALL";

  constructor(call: string) {
    super(`there is no call "${call}"; ngcp-sbc calls lists those that there are`);
  }
}

/** What orders are carried out on. */
export interface Ground {
  readonly calls: LiveCalls;
  readonly tally: Tally;
  readonly generation: number;
  /** How many transactions there are, and how many datagrams were no message. */
  readonly transport: () => { readonly transactions: number; readonly malformed: number };
  readonly end: (live: LiveCall) => void;
  /** Of all accounts with peers, in their order. */
  readonly registrations: () => readonly RegistrationLine[];
  readonly settings: () => SbcSettings;
  /** Reads the settings anew; returns their file. @throws an ApplianceError when they cannot be read */
  readonly reload: () => string;
}

/** Fits a datagram on the loopback whatever the names are: some 200 bytes a call, and at most 64 KB. */
const PAGE_BYTES = 48_000;

const uriOf = (address: string): string => parseNameAddr(address)?.uri ?? address;

const lineOf = (call: Call): CallLine => ({
  id: call.id,
  phase: phaseOf(call),
  caller: uriOf(call.caller.remote),
  callee: uriOf(call.callee.remote),
  createdAt: call.createdAt,
});

/** The orders of the control socket and of XMLRPC, carried out on the calls of this process. */
export class Orders {
  readonly #ground: Ground;

  constructor(ground: Ground) {
    this.#ground = ground;
  }

  /** @throws {NoSuchCallError} and what reading the settings throws */
  carryOut(order: ControlOrder): Answers[keyof Answers] {
    switch (order.command) {
      case "calls":
        return this.calls(order.after);
      case "show":
        return this.show(order.call);
      case "kill":
        return this.kill(order.call);
      case "stats":
        return this.stats();
      case "registrations":
        return this.registrations(order.skip);
      case "reload":
        return { file: this.#ground.reload() };
    }
  }

  calls(after = ""): CallPage {
    const ids = this.#ground.calls.ids().filter((id) => id > after);
    ids.sort();
    const lines: CallLine[] = [];
    let bytes = 0;
    for (const id of ids) {
      const line = lineOf(this.#call(id).call);
      bytes += Buffer.byteLength(JSON.stringify(line)) + 1;
      const last = lines.at(-1);
      if (bytes > PAGE_BYTES && last !== undefined) return { calls: lines, next: last.id };
      lines.push(line);
    }
    return { calls: lines };
  }

  registrations(skip = 0): RegistrationPage {
    const lines: RegistrationLine[] = [];
    let bytes = 0;
    for (const line of this.#ground.registrations().slice(skip)) {
      bytes += Buffer.byteLength(JSON.stringify(line)) + 1;
      if (bytes > PAGE_BYTES && lines.length > 0)
        return { registrations: lines, next: skip + lines.length };
      lines.push(line);
    }
    return { registrations: lines };
  }

  /** Accounts with peers, those included that cannot be registered. */
  registrationCount(): number {
    return this.#ground.registrations().length;
  }

  /** What the calls go by that begin from now on: here it is one set for all of them. */
  profiles(): readonly object[] {
    return [{ name: "default", ...this.#ground.settings() }];
  }

  show(id: string): unknown {
    const { account, ...call } = this.#call(id).call;
    // The password of a peering is nobody's here.
    const shown = account === undefined ? call : { ...call, account: { ...account, sealed: "" } };
    return JSON.parse(serializeCall(shown, this.#ground.generation));
  }

  kill(id: string): Answers["kill"] {
    this.#ground.end(this.#call(id));
    return { call: id };
  }

  stats(): Stats {
    const { calls, tally, generation, transport } = this.#ground;
    const phases: Record<string, number> = {};
    for (const id of calls.ids()) {
      const phase = phaseOf(this.#call(id).call);
      phases[phase] = (phases[phase] ?? 0) + 1;
    }
    return {
      generation,
      calls: calls.size,
      phases,
      ...tally.counts(),
      ...transport(),
      rssBytes: process.memoryUsage.rss(),
    };
  }

  #call(id: string): LiveCall {
    const live = this.#ground.calls.get(id);
    if (live === undefined) throw new NoSuchCallError(id);
    return live;
  }
}
