import type { ExecutionContext } from "ava";
import type { Node, StorePair } from "./bed.ts";

const COUNT = "SELECT COUNT(*), COALESCE(SUM(CRC32(CONCAT(id, callid))), 0) FROM kamailio.acc";

export const ms = (value: number): string => `${value.toFixed(0)} ms`;

export const other = (node: Node): Node => (node === 1 ? 2 : 1);

/** What the stories of the pair's stores have in common. */
export class StoreStory {
  readonly #pair: StorePair;

  constructor(pair: StorePair) {
    this.#pair = pair;
  }

  /** Rows that were acknowledged to a writer and are not in the database of `node`. */
  readonly lost = (node: Node, acknowledged: readonly string[]): readonly string[] => {
    const there = new Set(this.#pair.bed(node).sql("SELECT callid FROM kamailio.acc").split("\n"));
    return acknowledged.filter((row) => !there.has(row));
  };

  /** Waits until the writers of that name have written some rows. */
  readonly underWay = async (node: Node, name: string): Promise<void> => {
    const count = `SELECT COUNT(*) FROM kamailio.acc WHERE callid LIKE '${name}-%'`;
    const before = Number(this.#pair.bed(node).sql(count));
    while (Number(this.#pair.bed(node).sql(count)) < before + 60)
      await new Promise((resolve) => setTimeout(resolve, 50));
  };

  readonly sameRows = async (t: ExecutionContext): Promise<void> => {
    const deadline = performance.now() + 10_000;
    const both = (): readonly string[] => [
      this.#pair.bed(1).sql(COUNT),
      this.#pair.bed(2).sql(COUNT),
    ];
    let [one, two] = both();
    while (one !== two && performance.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      [one, two] = both();
    }
    t.is(one, two, "the rows of both nodes differ");
  };

  readonly openBoth = async (node: Node): Promise<number> => {
    const agent = this.#pair.agent(node);
    const [took] = await Promise.all([agent.ask("openDatabase"), agent.ask("openCache")]);
    return took;
  };

  readonly closeBoth = async (node: Node): Promise<number> => {
    const agent = this.#pair.agent(node);
    const [took] = await Promise.all([agent.ask("closeDatabase"), agent.ask("closeCache")]);
    return took;
  };

  readonly settled = async (active: Node): Promise<void> => {
    await Promise.all([
      this.#pair.untilInSync(active, "open"),
      this.#pair.untilInSync(other(active), "closed"),
    ]);
    // The probe after it lets commits wait for the peer again.
    const agent = this.#pair.agent(active);
    const isWaiting = (): boolean =>
      this.#pair.bed(active).sql("SELECT @@GLOBAL.rpl_semi_sync_master_enabled") === "1";
    for (let round = 0; round < 20 && !isWaiting(); round += 1) {
      await agent.ask("probe", "open");
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  };

  readonly powerCut = async (t: ExecutionContext, dead: Node): Promise<void> => {
    const agent = this.#pair.agent(dead);
    await agent.ask("startWriting", `cut-${dead}`, 8);
    await this.underWay(dead, `cut-${dead}`);
    this.#pair.crosslink("down");
    await new Promise((resolve) => setTimeout(resolve, 10));
    await this.#pair.bed(dead).stop("SIGKILL");
    const open = await this.openBoth(other(dead));
    const acknowledged = await agent.ask("stopWriting");
    t.log(`${acknowledged.length} rows acknowledged; open() ${ms(open)}`);
    t.true(acknowledged.length > 50);
    t.deepEqual(this.lost(other(dead), acknowledged), [], "acknowledged rows were lost");
    const first = performance.now();
    await this.#pair
      .agent(other(dead))
      .ask("sql", "INSERT INTO acc (callid, time) VALUES ('x', NOW())");
    t.log(`first insert ${ms(performance.now() - first)}`);
    this.#pair.crosslink("up");
  };

  readonly comesBack = async (t: ExecutionContext, node: Node): Promise<void> => {
    const began = performance.now();
    await this.#pair.bed(node).start();
    t.true(this.#pair.bed(node).cutsOff);
    const started = performance.now() - began;
    const took = await this.#pair.untilInSync(node, "closed");
    t.log(`back: started ${ms(started)}, in sync ${ms(took)} later`);
    await this.settled(other(node));
    await this.sameRows(t);
  };
}
