import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { diskOf } from "../../../../ops/lab/disk.ts";
import { namespacePath, NODES } from "../../../../ops/lab/names.ts";
import type { Lab, NodeName } from "../../../../ops/lab/names.ts";
import { enter } from "../../../../ops/lab/node.ts";
import { ExpectationError } from "../expectation-error.ts";

const WRITERS = 8;
/** The longest that a standby in sync may take to apply what it has received, seconds. */
const APPLIED_WITHIN_S = 10;

interface Acknowledged {
  readonly row: string;
  readonly ms: number;
}

/** What became of the rows of a run. */
export interface RowsReport {
  readonly acked: number;
  /** Acknowledged, and neither in the database nor saved. */
  readonly lost: number;
  /** Acknowledged, not in the database, and saved on the node that had them alone. */
  readonly quarantined: number;
  readonly longestMs: number;
}

/** Eight clients that write call records on the active node, and remember each that was acknowledged. */
export class Rows {
  readonly #lab: Lab;
  readonly #word = `row${Date.now().toString(36)}`;
  readonly #directory = mkdtempSync(path.join(tmpdir(), "tandem-rows-"));
  readonly #writers: ChildProcess[] = [];

  constructor(lab: Lab) {
    this.#lab = lab;
  }

  get #file(): string {
    return path.join(this.#directory, "acknowledged");
  }

  /** @param pauseMs between two rows of a client; 0 writes as fast as the database takes them */
  start(node: NodeName, pauseMs = 0): void {
    const program = path.join(path.dirname(fileURLToPath(import.meta.url)), "main.js");
    const settings = path.join(diskOf(this.#lab, node).root, "etc/ngcp-ha/settings.json");
    const { secrets } = JSON.parse(readFileSync(settings, "utf8")) as {
      secrets: { databasePassword: string };
    };
    const words = [secrets.databasePassword, `${this.#word}-${node}-${this.#writers.length}`];
    const command = ["--pdeathsig", "KILL", "nsenter", `--net=${namespacePath(this.#lab, node)}`];
    this.#writers.push(
      spawn(
        "setpriv",
        [
          ...command,
          process.execPath,
          program,
          this.#file,
          ...words,
          String(WRITERS),
          String(pauseMs),
        ],
        { stdio: ["ignore", "ignore", "inherit"] },
      ),
    );
  }

  stop(): void {
    for (const writer of this.#writers) writer.kill("SIGKILL");
  }

  acknowledged(): readonly Acknowledged[] {
    if (!existsSync(this.#file)) return [];
    const lines = readFileSync(this.#file, "utf8").trim().split("\n");
    return lines.map((line) => {
      const [row = "", ms = "0"] = line.split(" ");
      return { row, ms: Number(ms) };
    });
  }

  async #ask(node: NodeName, query: string): Promise<string> {
    const { status, stdout, stderr } = await enter(this.#lab, node, ["mariadb", "-N", "-e", query]);
    if (status !== 0) throw new ExpectationError(`${node} does not answer: ${stderr}`);
    return stdout.trim();
  }

  async #inDatabase(node: NodeName): Promise<ReadonlySet<string>> {
    const query = `SELECT callid FROM kamailio.acc WHERE callid LIKE '${this.#word}%'`;
    return new Set((await this.#ask(node, query)).split("\n"));
  }

  /** Received is not applied: what the active node has committed by now is on the standby when this resolves. */
  async #applied(active: NodeName, standby: NodeName): Promise<void> {
    const domain = await this.#ask(active, "SELECT @@gtid_domain_id");
    const all = await this.#ask(active, "SELECT @@gtid_binlog_pos");
    const position = all.split(",").find((gtid) => gtid.startsWith(`${domain}-`)) ?? "";
    const wait = `SELECT MASTER_GTID_WAIT('${position}', ${APPLIED_WITHIN_S})`;
    if ((await this.#ask(standby, wait)) !== "0")
      throw new ExpectationError(`${standby} calls itself in sync and does not get to ${position}`);
  }

  /** The rows of this run that the nodes have set aside. */
  #saved(): ReadonlySet<string> {
    const folders = NODES.map((node) =>
      path.join(diskOf(this.#lab, node).root, "var/lib/ngcp-ha/quarantine"),
    );
    const texts = folders
      .filter((folder) => existsSync(folder))
      .flatMap((folder) => readdirSync(folder).map((name) => path.join(folder, name, "rows.txt")))
      .filter((file) => existsSync(file))
      .map((file) => readFileSync(file, "utf8"));
    const row = new RegExp(`'(${this.#word}[^']*)'`, "g");
    return new Set(texts.flatMap((text) => [...text.matchAll(row)].map((match) => match[1] ?? "")));
  }

  /** @throws {ExpectationError} where both nodes are to be in sync and do not hold the same rows */
  async report(active: NodeName, standby: NodeName): Promise<RowsReport> {
    this.stop();
    const acknowledged = this.acknowledged();
    const here = await this.#inDatabase(active);
    await this.#applied(active, standby);
    const there = await this.#inDatabase(standby);
    // A row that a client was killed over may have been committed after the first look.
    const inTheEnd = await this.#inDatabase(active);
    if ([...here].some((row) => !there.has(row)) || [...there].some((row) => !inTheEnd.has(row)))
      throw new ExpectationError(`${active} holds ${here.size} rows and ${standby} ${there.size}`);
    const missing = acknowledged.filter(({ row }) => !here.has(row));
    const saved = this.#saved();
    const quarantined = missing.filter(({ row }) => saved.has(row)).length;
    return {
      acked: acknowledged.length,
      lost: missing.length - quarantined,
      quarantined,
      longestMs: Math.max(0, ...acknowledged.map(({ ms }) => ms)),
    };
  }

  remove(): void {
    this.stop();
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
