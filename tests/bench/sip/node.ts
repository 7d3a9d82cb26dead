import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Appliance } from "../../../appliance/model.ts";
import { manySubscribers } from "../../contract/database/many.ts";
import { provisionAt } from "../../contract/database/provisioner.ts";
import { MediatorProcess } from "../../contract/database/mediator-process.ts";
import { APPLIANCE, TRUSTED } from "../../contract/sip/appliance.ts";
import { EngineNode } from "../../contract/sip/node.ts";
import { openActiveNode } from "../../contract/sip/wires.ts";
import { ManyPhones, PRIVATE } from "./phones.ts";

/** As it is shipped, but that the phones, which are one address for all, are no flood. */
const MEASURED: Appliance = {
  ...APPLIANCE,
  sip: { ...APPLIANCE.sip, domains: [], natPingSeconds: 20 },
  lb: { ...APPLIANCE.lb, trustedSources: [PRIVATE, TRUSTED] },
  database: { ...APPLIANCE.database, bufferPoolMb: 512 },
};

/** A node with our whole chain: lb, proxy, rtpengine, MariaDB, Redis and the mediator; and its phones. */
export class BenchNode {
  readonly node: EngineNode;
  readonly phones: ManyPhones;
  readonly #directory = mkdtempSync(path.join(tmpdir(), "tandem-bench-"));
  #mediator: MediatorProcess | undefined;
  #provisionedMs = Number.NaN;

  private constructor(name: string, phones: number) {
    this.node = new EngineNode(name, MEASURED);
    this.phones = new ManyPhones(this.node, phones, this.#directory);
  }

  /** Boots it with `subscribers`, of which the first `phones` have phones. */
  static async start(
    name: string,
    { subscribers, phones }: { readonly subscribers: number; readonly phones: number },
    furnish: (root: string) => Promise<void> = () => Promise.resolve(),
  ): Promise<BenchNode> {
    const bench = new BenchNode(name, phones);
    try {
      await openActiveNode(bench.node, furnish);
      await bench.#provision(subscribers);
      await bench.phones.start();
      const password = MEASURED.secrets?.databasePassword ?? "";
      bench.#mediator = new MediatorProcess({ root: bench.node.root, password }, MEASURED.mediator);
      return bench;
    } catch (error) {
      await bench.end();
      throw error;
    }
  }

  /** How long `ngcp-provision apply` took for its subscribers, milliseconds. */
  get provisionedMs(): number {
    return this.#provisionedMs;
  }

  /** Brings it to so many subscribers and no others. */
  async #provision(subscribers: number): Promise<void> {
    const place = { name: "sp1", connect: () => this.node.connect() };
    const file = JSON.stringify(manySubscribers(subscribers));
    const begun = performance.now();
    const { end, complained } = await provisionAt(place, ["apply", "many.json", "--prune"], file);
    if (end !== "done") throw new Error(complained);
    this.#provisionedMs = performance.now() - begun;
  }

  async end(): Promise<void> {
    await this.#mediator?.kill();
    await this.phones.end();
    await this.node.remove();
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
