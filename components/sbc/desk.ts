import { isIP } from "node:net";
import type { Call, Side } from "./call.ts";
import { filteredBody } from "./filters.ts";
import { onwardHeaders, ownHeaders } from "./hiding.ts";
import type { LiveCall, LiveCalls } from "./live-calls.ts";
import { nextHopOf } from "./sip/dialog.ts";
import type { Dialog } from "./sip/dialog.ts";
import type { Header } from "./sip/header.ts";
import type { SipMessage, SipRequest } from "./sip/message.ts";
import type { SbcSettings } from "./settings.ts";
import type { TimerSettings } from "./sip/timers.ts";
import { MAGIC_COOKIE } from "./sip/via.ts";
import type { Endpoint, Via } from "./sip/via.ts";
import type { CallStore } from "./store.ts";
import type { Tally } from "./tally.ts";
import { randomToken } from "./transport.ts";
import type { Transport } from "./transport.ts";
import type { Vault } from "./vault.ts";

interface DeskOptions {
  readonly transport: Transport;
  readonly store: CallStore;
  readonly calls: LiveCalls;
  readonly timers: TimerSettings;
  /** Where calls go, and whatever is addressed to a name: the load-balancer. */
  readonly nextHop: Endpoint;
  readonly tally: Tally;
  readonly settings: SbcSettings;
  readonly vault: Vault;
}

/** What all parts of the B2BUA work with, and how its messages look from outside. */
export class Desk {
  readonly transport: Transport;
  /** Records of calls are written and removed by `calls` alone. */
  readonly store: Omit<CallStore, "save" | "remove">;
  readonly calls: LiveCalls;
  readonly timers: TimerSettings;
  readonly nextHop: Endpoint;
  readonly tally: Tally;
  /** In force for what begins from now on; `ngcp-sbc reload` puts others in their place. */
  settings: SbcSettings;
  readonly vault: Vault;
  /** Sends the INVITE of a call on; one that must be paid waits for that. */
  dispatch: (live: LiveCall, sent: SipRequest, target: Endpoint) => void;

  constructor({ transport, store, calls, timers, nextHop, tally, settings, vault }: DeskOptions) {
    this.transport = transport;
    this.store = store;
    this.calls = calls;
    this.timers = timers;
    this.nextHop = nextHop;
    this.tally = tally;
    this.settings = settings;
    this.vault = vault;
    this.dispatch = (_live, sent, target) => transport.request(sent, target);
  }

  /** A Via of ours with a branch that never was. */
  via(): Via {
    const { address, port } = this.transport.local;
    const host = address.includes(":") ? `[${address}]` : address;
    const params = [{ name: "branch", value: `${MAGIC_COOKIE}${randomToken()}` }];
    return { transport: "UDP", host, port, params };
  }

  /** What of a message of one leg the other one gets. The caller is a phone: no phone is inside of the trust domain. */
  onward(
    message: SipMessage,
    { filter }: Pick<Call, "filter">,
    to: Side,
  ): { readonly headers: readonly Header[]; readonly body: Uint8Array } {
    const trusted = to === "callee" && filter?.untrusted !== true;
    return {
      headers: onwardHeaders(message, { self: this.transport.local, filter, trusted }),
      body: filteredBody(message, filter),
    };
  }

  ownHeaders(method: string): readonly Header[] {
    return ownHeaders(method, this.transport.local);
  }

  /** The address of the first hop; names are resolved by the next hop, not here. */
  targetOf(dialog: Dialog): Endpoint {
    const hop = nextHopOf(dialog);
    return hop === undefined || isIP(hop.address) === 0 ? this.nextHop : hop;
  }
}
