import { MediatorProcess } from "../database/mediator-process.ts";
import { APPLIANCE } from "./appliance.ts";
import type { EngineNode } from "./node.ts";
import { until } from "./until.ts";

const SETTINGS = { maxCallMs: 43_200_000, graceMs: 90_000, batch: 500, keepMs: 86_400_000 };

const COLUMNS =
  "call_type, call_status, call_code, source_user, source_cli, destination_user_dialed, destination_user, destination_domain, source_peer, destination_peer, forwarder_user_id, duration";

/** The mediator on a node, and what it has written. */
export class Cdrs {
  readonly #node: EngineNode;
  #mediator: MediatorProcess | undefined;

  constructor(node: EngineNode) {
    this.#node = node;
  }

  /** The one record of a call that is over, its columns by name. @throws when there are more */
  async of(callId: string): Promise<Readonly<Record<string, string>>> {
    this.#mediator ??= new MediatorProcess(
      { root: this.#node.root, password: APPLIANCE.secrets?.databasePassword ?? "" },
      SETTINGS,
    );
    const ask = (): Promise<string> =>
      this.#node.sql(
        `select concat_ws('|', ${COLUMNS}) from accounting.cdr where call_id = '${callId}'`,
      );
    await until(async () => (await ask()) !== "", 10_000);
    const records = (await ask()).split("\n");
    if (records.length !== 1) throw new Error(`${callId}: ${records.join(", ")}`);
    const cells = records.join("").split("|");
    return Object.fromEntries(COLUMNS.split(", ").map((name, at) => [name, cells[at] ?? ""]));
  }

  async close(): Promise<void> {
    await this.#mediator?.kill();
  }
}
