import { execFileSync, fork, spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { installDatabaseFiles, rootFileSystem } from "../debian-tree.ts";
import { CLONE_REPORT, readReport } from "../../../ha/clone/report.ts";
import type { CloneReport } from "../../../ha/clone/report.ts";
import { bundlePrograms } from "../../../ops/package/bundle.ts";
import { Pair } from "../net/namespaces.ts";
import type { Appliance } from "../../../appliance/model.ts";
import type { AgentAnswer, AgentRequest, AgentTasks } from "./agent.ts";

export type Node = 1 | 2;

const run = (command: string, ...args: readonly string[]): string =>
  execFileSync(command, args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });

const CLONE = ["/usr/bin/node", "/usr/lib/ngcp/ngcp-clone.cjs"];

interface Place {
  readonly namespace: string;
  readonly directory: string;
  readonly rootFileSystem: string;
}

/** What stands in a node's Debian tree and runs in its namespace, as the units start it, but without systemd. */
class Bed {
  readonly root: string;
  readonly namespace: string;
  readonly #directory: string;
  #mysql: ChildProcess | undefined;
  #redis: ChildProcess | undefined;
  #copies: ChildProcess | undefined;

  constructor(node: Node, { namespace, directory, rootFileSystem }: Place) {
    this.namespace = namespace;
    this.#directory = directory;
    this.root = join(directory, "root");
    for (const name of ["root", "upper", "work"]) mkdirSync(join(directory, name));
    const layers = `lowerdir=${rootFileSystem},upperdir=${directory}/upper,workdir=${directory}/work`;
    run("mount", "-t", "overlay", "overlay", "-o", layers, this.root);
    const configuration = `tests/golden/rendered/sp${node}/etc`;
    cpSync(join(configuration, "mysql"), join(this.root, "etc/mysql"), { recursive: true });
    cpSync(join(configuration, "redis"), join(this.root, "etc/redis"), { recursive: true });
    mkdirSync(join(this.root, "usr/lib/ngcp"), { recursive: true });
    installDatabaseFiles(this.root);
    writeFileSync(join(this.root, "etc/ngcp_nodename"), `sp${node}\n`);
    cpSync(join(configuration, "ngcp-ha"), join(this.root, "etc/ngcp-ha"), { recursive: true });
    run("mount", "-t", "proc", "proc", join(this.root, "proc"));
  }

  chroot(...command: readonly string[]): string {
    return run("ip", "netns", "exec", this.namespace, "chroot", this.root, ...command);
  }

  /** True when MariaDB was told to cut off what nobody acknowledged before it crashed. */
  get cutsOff(): boolean {
    const configuration = readFileSync(join(this.root, "run/ngcp-mysql/ngcp.cnf"), "utf8");
    return configuration.includes("init_rpl_role = SLAVE");
  }

  /** Addresses and ports that take connections. */
  listening(): readonly string[] {
    const lines = run("ip", "netns", "exec", this.namespace, "ss", "-ltnH").trim().split("\n");
    return lines.map((line) => line.split(/\s+/)[3] ?? "").sort();
  }

  /** As root over the local socket, which no reading mode stops. */
  sql(statement: string): string {
    return this.chroot("mariadb", "-N", "-e", statement).trim();
  }

  /** Statements of a file, as root. */
  carryOut(statements: string): void {
    const words = ["netns", "exec", this.namespace, "chroot", this.root, "mariadb"];
    execFileSync("ip", words, { input: statements });
  }

  #start(command: readonly string[]): ChildProcess {
    const args = ["netns", "exec", this.namespace, "chroot", ...command];
    return spawn("ip", args, { stdio: ["ignore", "ignore", "ignore"] });
  }

  /** As ngcp-mysql.service does. Returns when connections are let in. */
  async startMysql(): Promise<void> {
    this.chroot("install", "-d", "-o", "mysql", "-g", "mysql", "/run/mysqld", "/run/ngcp-mysql");
    this.chroot("/usr/lib/ngcp/mysql-prepare");
    const server = ["/usr/sbin/mariadbd", "--defaults-file=/run/ngcp-mysql/ngcp.cnf"];
    this.#mysql = this.#start([this.root, ...server]);
    await this.#until(() => this.sql("SELECT 1"), this.#mysql);
    this.chroot("/usr/lib/ngcp/mysql-cut-check");
  }

  /** As ngcp-redis.service does. */
  async startRedis(): Promise<void> {
    const to = "/run/ngcp-redis";
    this.chroot("install", "-d", "-o", "redis", "-g", "redis", to, "/var/lib/redis");
    const copy = ["-o", "redis", "-g", "redis", "-m", "0400", "/etc/redis/ngcp-redis.conf"];
    this.chroot("install", ...copy, `${to}/redis.conf`);
    const redis = ["/usr/bin/redis-server", `${to}/redis.conf`];
    this.#redis = this.#start(["--userspec=redis:redis", this.root, ...redis]);
    await this.#until(() => this.chroot("redis-cli", "PING"), this.#redis);
  }

  /** Asks until it answers; the server that ended meanwhile is the error. */
  async #until(answers: () => unknown, server: ChildProcess): Promise<void> {
    const deadline = performance.now() + 30_000;
    for (;;) {
      try {
        answers();
        return;
      } catch (error) {
        if (server.exitCode !== null) throw new Error("the server ended", { cause: error });
        if (performance.now() > deadline) throw error;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  }

  async start(): Promise<void> {
    await Promise.all([this.startMysql(), this.startRedis()]);
  }

  /** As ngcp-clone.socket and ngcp-clone@.service do. */
  giveCopies(address: string): void {
    const activate = ["systemd-socket-activate", "--accept", "--inetd", "--listen"];
    this.#copies = this.#start([this.root, ...activate, `${address}:6947`, ...CLONE, "give"]);
  }

  /** What ngcp-clone says of itself. */
  copyReport(): CloneReport | undefined {
    return readReport(join(this.root, CLONE_REPORT));
  }

  /** As ngcp-clone.service does. Returns what it said of itself. */
  async takeCopy(): Promise<CloneReport> {
    const took = this.#start([this.root, ...CLONE, "take"]);
    await once(took, "exit");
    const said = (): CloneReport => {
      const report = this.copyReport();
      if (report === undefined) throw new Error("ngcp-clone said nothing of itself");
      return report;
    };
    if (took.exitCode !== 0) return said();
    await this.end("mysql", "SIGTERM");
    await this.startMysql();
    this.chroot("rm", "-rf", "/var/lib/mysql.replaced");
    this.chroot(...CLONE, "done");
    return said();
  }

  async end(which: "mysql" | "redis", signal: "SIGKILL" | "SIGTERM"): Promise<void> {
    const server = which === "mysql" ? this.#mysql : this.#redis;
    if (server?.exitCode !== null || server.signalCode !== null) return;
    const ended = once(server, "exit");
    server.kill(signal);
    await ended;
  }

  async stop(signal: "SIGKILL" | "SIGTERM"): Promise<void> {
    await Promise.all([this.end("mysql", signal), this.end("redis", signal)]);
  }

  remove(): void {
    this.#copies?.kill("SIGKILL");
    run("umount", join(this.root, "proc"));
    run("umount", this.root);
    rmSync(this.#directory, { recursive: true });
  }
}

/** A process inside a node's namespace that does with its stores what a test tells it. */
class Agent {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, (answer: AgentAnswer) => void>();
  #count = 0;

  constructor(node: Node, { namespace, root }: Pick<Bed, "namespace" | "root">) {
    const program = fileURLToPath(new URL("agent.js", import.meta.url));
    const settings = `tests/golden/rendered/sp${node}/etc/ngcp-ha/settings.json`;
    this.#child = fork(program, [settings, root], {
      execPath: "ip",
      execArgv: ["netns", "exec", namespace, process.execPath],
    });
    this.#child.on("message", (answer: AgentAnswer) => this.#waiting.get(answer.id)?.(answer));
  }

  async ask<Name extends keyof AgentTasks>(
    name: Name,
    ...args: Parameters<AgentTasks[Name]>
  ): Promise<Awaited<ReturnType<AgentTasks[Name]>>> {
    this.#count += 1;
    const request: AgentRequest = { id: this.#count, name, args };
    const answer = await new Promise<AgentAnswer>((resolve) => {
      this.#waiting.set(request.id, resolve);
      this.#child.send(request);
    });
    if (answer.error !== undefined) throw new Error(answer.error);
    return answer.result as Awaited<ReturnType<AgentTasks[Name]>>;
  }

  stop(): void {
    this.#child.kill("SIGKILL");
  }
}

/** Two nodes with the stores of Debian 13, joined by a crosslink. */
export class StorePair {
  readonly #rootFileSystem = rootFileSystem();
  readonly #pair: Pair;
  readonly #directory = mkdtempSync("/var/tmp/tandem-stores-");
  readonly #beds: readonly [Bed, Bed];
  readonly #agents: readonly [Agent, Agent];

  /** @param name of its own where several suites may run at once */
  constructor(name: string) {
    this.#pair = new Pair(name);
    const [one, two] = this.#pair.namespaces;
    this.#beds = [this.#bed(1, one), this.#bed(2, two)];
    this.#agents = [new Agent(1, this.#beds[0]), new Agent(2, this.#beds[1])];
  }

  #bed(node: Node, namespace: string): Bed {
    const directory = join(this.#directory, `sp${node}`);
    mkdirSync(directory);
    return new Bed(node, { namespace, directory, rootFileSystem: this.#rootFileSystem });
  }

  bed(node: Node): Bed {
    return this.#beds[node - 1] ?? this.#beds[0];
  }

  /** That the proxy and the tools log in with. */
  password(node: Node): string {
    const settings = readFileSync(
      `tests/golden/rendered/sp${node}/etc/ngcp-ha/settings.json`,
      "utf8",
    );
    return (JSON.parse(settings) as Appliance).secrets?.databasePassword ?? "";
  }

  agent(node: Node): Agent {
    return this.#agents[node - 1] ?? this.#agents[0];
  }

  /** The program that copies, bundled as the package has it, on both nodes; each gives to who asks. */
  async installClone(): Promise<void> {
    const entry = join(process.cwd(), "ha/clone/main.ts");
    for (const node of [1, 2] as const) {
      const into = join(this.bed(node).root, "usr/lib/ngcp");
      await bundlePrograms(process.cwd(), [{ name: "ngcp-clone", entry }], into);
      this.bed(node).giveCopies(`192.168.255.${250 + node}`);
    }
  }

  /** Both ends, so that neither kernel sends anything any more. */
  crosslink(to: "up" | "down"): void {
    this.#pair.ip(1, "link", "set", "eth1", to);
    this.#pair.ip(2, "link", "set", "eth1", to);
  }

  /** Probes as the daemon does until the node says that it is in sync. Returns the milliseconds that took. */
  async untilInSync(node: Node, wanted: "open" | "closed"): Promise<number> {
    const began = performance.now();
    for (;;) {
      const facts = await this.agent(node).ask("probe", wanted);
      const took = performance.now() - began;
      if (facts.inSync) return took;
      if (took > 20_000) throw new Error(`sp${node} is not in sync: ${facts.detail}`);
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  }

  /** Waits until `probe` has been called and says what `matches` looks for. */
  async untilDetail(node: Node, wanted: "open" | "closed", matches: RegExp): Promise<string> {
    const deadline = performance.now() + 20_000;
    for (;;) {
      const { detail } = await this.agent(node).ask("probe", wanted);
      if (matches.test(detail)) return detail;
      if (performance.now() > deadline) throw new Error(`sp${node} says: ${detail}`);
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  }

  async remove(): Promise<void> {
    for (const agent of this.#agents) agent.stop();
    await Promise.all(this.#beds.map((bed) => bed.stop("SIGKILL")));
    for (const bed of this.#beds) bed.remove();
    rmSync(this.#directory, { recursive: true });
    this.#pair.remove();
  }
}
