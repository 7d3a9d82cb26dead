import type { ExecutionContext } from "ava";
import { restoreRegistration } from "../../../components/sbc/registrations/registration.ts";
import type { Registration } from "../../../components/sbc/registrations/registration.ts";
import type { DigestAlgorithm } from "../../../components/sbc/sip/digest.ts";
import { until } from "../sip/until.ts";
import { SbcPair } from "./pair.ts";
import { Purse } from "./purse.ts";
import { freeTcpPort } from "./redis-server.ts";
import { Registrar } from "./registrar.ts";

export const LIMIT_MS = 120_000;

const PEER = {
  isp: {
    rules: [{ callee_prefix: "49" }],
    hosts: { isp: { ip: "192.0.2.10", host: "isp.invalid", port: 5062 } },
  },
};

const NUMBERS = 4_930_000;

interface Wish {
  readonly password?: string;
  readonly more?: object;
}

/** One that has the account `accINDEX` at the registrar. */
export const subscriber = (index: number, { password = "word", more = {} }: Wish = {}) => ({
  customer: "acme",
  password: "secret",
  numbers: [NUMBERS + index],
  preferences: {
    peer_auth_register: true,
    peer_auth_user: `acc${index}`,
    peer_auth_pass: password,
    peer_auth_realm: "isp.invalid",
    ...more,
  },
});

export interface Site {
  readonly pair: SbcPair;
  readonly registrar: Registrar;
  /** Of XML-RPC, on 127.0.0.1. */
  readonly xmlRpcPort: number;
}

export const holds = (condition: () => boolean): Promise<void> =>
  until(() => Promise.resolve(condition()), LIMIT_MS);

/** The records of the node that takes over. */
export const recordsOf = async (pair: SbcPair): Promise<readonly Registration[]> =>
  (await pair.registrations()).map(restoreRegistration).filter((record) => record !== undefined);

/** Accounts with a peer in the MariaDB of Debian 13, and what registers them there. */
export class Roll {
  readonly purse: Purse;

  constructor(name: string) {
    this.purse = new Purse(name);
  }

  open(): Promise<void> {
    return this.purse.open({
      domains: { "test.invalid": {} },
      customers: { acme: {} },
      peer_groups: PEER,
    });
  }

  remove(): Promise<void> {
    return this.purse.remove();
  }

  /** Those are all that there are. */
  provision(subscribers: Readonly<Record<string, object>>): Promise<string> {
    return this.tool(["apply", "all.json", "--prune"], JSON.stringify({ subscribers }));
  }

  /** Runs ngcp-provision. */
  tool(words: readonly string[], file?: string): Promise<string> {
    return this.purse.provision(words, file);
  }

  /** Takes the account of a subscriber with the peer away. */
  takeAway(subscriber: string): Promise<string> {
    const change = ["change", "subscriber", subscriber];
    return this.tool([...change, "preferences.peer_auth_register=false"]);
  }

  /** With the accounts of alice and bob, who are registered there for `granted` seconds. */
  async siteOfTwo(t: ExecutionContext, granted?: number): Promise<Site> {
    await this.provision({
      "alice@test.invalid": subscriber(1),
      "bob@test.invalid": subscriber(2),
    });
    const site = await this.site(t, {});
    if (granted !== undefined) site.registrar.granted = granted;
    await holds(() => site.registrar.bindings.size === 2);
    return site;
  }

  async site(
    t: ExecutionContext,
    settings: object,
    algorithms: readonly DigestAlgorithm[] = ["MD5"],
  ): Promise<Site> {
    t.timeout(3 * LIMIT_MS);
    const registrar = await Registrar.open(algorithms, () => "word");
    const file = this.purse.settings({ publicHost: "198.51.100.1", ...settings });
    const secrets = this.purse.settings({ recordSecret: "of-the-pair" });
    const xmlRpcPort = await freeTcpPort();
    const xmlRpc = ["--xmlrpc", `127.0.0.1:${xmlRpcPort}`];
    const words = [...this.purse.words, "--secrets", secrets, ...xmlRpc];
    const pair = await SbcPair.start(registrar.port, file, words);
    t.teardown(async () => {
      registrar.close();
      await pair.end();
    });
    return { pair, registrar, xmlRpcPort };
  }
}
