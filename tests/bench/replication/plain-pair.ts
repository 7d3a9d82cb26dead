import { spawn, spawnSync } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { Pair } from "../../contract/net/namespaces.ts";
import { checkout } from "../../golden/golden.ts";
import { PASSWORD, PlainNode } from "./plain-node.ts";

const WRITERS = "8";
const CROSSLINK = ["192.168.255.251", "192.168.255.252"] as const;
const TAKEOVER_WITHIN_MS = 30_000;
/** How long a pair is given to come into order by itself. */
const BY_ITSELF_MS = 30_000;
const POLL_MS = 200;
const UNDER_WAY_ROWS = 200;

const treeOfKeepalived = (): string => {
  const words = [join(checkout, "ops/lab/setup/keepalived.mjs")];
  const made = spawnSync(process.execPath, words, { encoding: "utf8" });
  if (made.status !== 0) throw new Error(`no keepalived: ${made.stderr}`);
  return made.stdout.trim();
};

const until = async (what: string, withinMs: number, holds: () => boolean): Promise<void> => {
  const deadline = performance.now() + withinMs;
  while (!holds()) {
    if (performance.now() > deadline) throw new Error(`it did not come about: ${what}`);
    await pause(POLL_MS);
  }
};

const equal = (one: ReadonlySet<string>, other: ReadonlySet<string>): boolean =>
  one.size === other.size && [...one].every((row) => other.has(row));

/** Two machines with MariaDB and keepalived as Debian has them, each replicating from the other. */
export class PlainPair {
  readonly one: PlainNode;
  readonly two: PlainNode;
  readonly #directory = mkdtempSync(join(tmpdir(), "tandem-plain-"));
  readonly #network = new Pair("plain");
  readonly #writers: ChildProcess[] = [];

  private constructor() {
    const place = { tree: treeOfKeepalived(), directory: this.#directory };
    const [first, second] = this.#network.namespaces;
    this.one = new PlainNode(1, first, place);
    this.two = new PlainNode(2, second, place);
  }

  /** The first node holds the address when this resolves. */
  static async make(): Promise<PlainPair> {
    const pair = new PlainPair();
    for (const node of [pair.one, pair.two]) {
      node.installDatabase();
      await node.startMariadb();
    }
    pair.one.makeTables();
    pair.one.followFrom(CROSSLINK[1]);
    pair.two.followFrom(CROSSLINK[0]);
    for (const node of [pair.one, pair.two]) node.startKeepalived();
    await pair.serves(pair.one);
    await until("both follow", BY_ITSELF_MS, () => pair.isInOrder());
    return pair;
  }

  async serves(node: PlainNode): Promise<void> {
    await until("the address moves", TAKEOVER_WITHIN_MS, () => node.holdsAddress);
  }

  other(node: PlainNode): PlainNode {
    return node === this.one ? this.two : this.one;
  }

  get active(): PlainNode {
    return this.one.holdsAddress ? this.one : this.two;
  }

  crosslink(to: "up" | "down"): void {
    for (const node of [this.one, this.two]) node.setLink("eth1", to);
  }

  /** Neither machine hears the other over the LAN. */
  splitLan(): void {
    for (const node of [this.one, this.two]) node.silence(["eth0"]);
  }

  healLan(): void {
    for (const node of [this.one, this.two]) node.silence([]);
  }

  get #file(): string {
    return join(this.#directory, "acknowledged");
  }

  /** The writers of the drills: each notes the rows that were acknowledged. */
  write(node: PlainNode, pauseMs: number): void {
    const main = new URL("../../drills/harness/rows/main.js", import.meta.url);
    const word = `row-${this.#writers.length}`;
    const words = [this.#file, PASSWORD, word, WRITERS, String(pauseMs)];
    const command = ["netns", "exec", node.namespace, process.execPath, fileURLToPath(main)];
    this.#writers.push(spawn("ip", [...command, ...words], { stdio: "ignore" }));
  }

  /** A busy machine takes its time to start them: a fault that nobody writes in shows nothing. */
  async underWay(): Promise<void> {
    await until("rows are written", BY_ITSELF_MS, () => this.acknowledged.length > UNDER_WAY_ROWS);
  }

  stopWriting(): void {
    for (const writer of this.#writers) writer.kill("SIGKILL");
  }

  get acknowledged(): readonly string[] {
    if (!existsSync(this.#file)) return [];
    const lines = readFileSync(this.#file, "utf8").trim().split("\n");
    return lines.map((line) => line.split(" ")[0] ?? "");
  }

  isInOrder(): boolean {
    return this.one.follows && this.two.follows && equal(this.one.rows, this.two.rows);
  }

  /** @returns true when both follow and hold the same rows, without a hand */
  async comesIntoOrder(): Promise<boolean> {
    const deadline = performance.now() + BY_ITSELF_MS;
    while (performance.now() < deadline) {
      if (this.isInOrder()) return true;
      await pause(POLL_MS);
    }
    return false;
  }

  /**
   * What an operator types: the node that does not serve gets the data of the one that does, and both follow again. What
   * only it had is gone.
   *
   * @returns how many commands that took
   */
  async rebuild(): Promise<number> {
    const from = this.active;
    const to = this.other(from);
    const host = CROSSLINK[from === this.one ? 0 : 1];
    let steps = 0;
    const step = (work: () => unknown): void => {
      work();
      steps += 1;
    };
    if (!existsSync(join(to.root, "var/lib/mysql/mysql"))) {
      step(() => to.installDatabase());
      steps += 1;
      await to.startMariadb();
    }
    step(() => to.sql("STOP SLAVE"));
    step(() => from.sql("STOP SLAVE"));
    let dump = "";
    step(() => {
      dump = from.chroot(
        "mariadb-dump",
        "--single-transaction",
        "--add-drop-database",
        "--databases",
        "kamailio",
      );
    });
    const position = from.sql("SELECT @@gtid_binlog_pos");
    step(() => to.load(`SET sql_log_bin = OFF;\n${dump}`));
    step(() => to.sql(`RESET MASTER; SET GLOBAL gtid_slave_pos = '${position}'`));
    step(() => to.followFrom(host));
    step(() => from.sql(`SET GLOBAL gtid_slave_pos = '${position}'; START SLAVE`));
    if (!(await this.comesIntoOrder())) throw new Error("the plain pair is not in order after all");
    return steps;
  }

  async remove(): Promise<void> {
    this.stopWriting();
    for (const node of [this.one, this.two]) await node.remove();
    this.#network.remove();
    rmSync(this.#directory, { recursive: true });
  }
}
