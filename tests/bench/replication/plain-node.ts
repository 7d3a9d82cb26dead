import { execFileSync, spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { NFT } from "../../../ops/lab/run.ts";

export const PASSWORD = "plain";
export const SHARED = "192.0.2.10";
/** A dump of all that the writers have written, and then some. */
const DUMP_BYTES = 512_000_000;
const STARTS_WITHIN_MS = 60_000;

const run = (command: string, ...args: readonly string[]): string =>
  execFileSync(command, args, {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    maxBuffer: DUMP_BYTES,
  });

/** As guides to a pair of MariaDB have it: each replicates from the other, and their rows get different numbers. */
const mariadb = (id: number): string => `[mysqld]
user = mysql
datadir = /var/lib/mysql
socket = /run/mysqld/mysqld.sock
bind_address = 0.0.0.0
skip_name_resolve = ON
server_id = ${id}
log_bin = mysql-bin
log_slave_updates = ON
auto_increment_increment = 2
auto_increment_offset = ${id}
`;

const keepalived = (id: number): string => `global_defs {
  router_id plain${id}
}
vrrp_script mariadb {
  script "/usr/bin/mariadb-admin --socket=/run/mysqld/mysqld.sock ping"
  interval 1
  fall 2
  rise 2
}
vrrp_instance pair {
  state BACKUP
  interface eth0
  virtual_router_id 51
  priority ${id === 1 ? 100 : 90}
  advert_int 1
  virtual_ipaddress {
    ${SHARED}/24
  }
  track_script {
    mariadb
  }
}
`;

const ACCOUNTS = `SET sql_log_bin = OFF;
  CREATE USER IF NOT EXISTS 'repl'@'%' IDENTIFIED BY '${PASSWORD}'; GRANT REPLICATION SLAVE ON *.* TO 'repl'@'%';
  CREATE USER IF NOT EXISTS 'kamailio'@'127.0.0.1' IDENTIFIED BY '${PASSWORD}';
  GRANT SELECT, INSERT, UPDATE, DELETE ON kamailio.* TO 'kamailio'@'127.0.0.1';`;

/** One machine of a plain pair: MariaDB and keepalived in a namespace and a tree of their own. */
export class PlainNode {
  readonly #namespace: string;
  readonly #directory: string;
  #mariadb: ChildProcess | undefined;
  #keepalived: ChildProcess | undefined;

  constructor(id: 1 | 2, namespace: string, place: { tree: string; directory: string }) {
    this.#namespace = namespace;
    this.#directory = join(place.directory, `node${id}`);
    for (const name of ["root", "upper", "work"])
      mkdirSync(join(this.#directory, name), { recursive: true });
    const layers = `lowerdir=${place.tree},upperdir=${this.#directory}/upper,workdir=${this.#directory}/work`;
    run("mount", "-t", "overlay", "overlay", "-o", layers, this.root);
    run("mount", "-t", "proc", "proc", join(this.root, "proc"));
    run("mount", "--bind", "/dev", join(this.root, "dev"));
    writeFileSync(join(this.root, "etc/plain.cnf"), mariadb(id));
    writeFileSync(join(this.root, "etc/keepalived.conf"), keepalived(id));
    this.emptyDisk();
  }

  get root(): string {
    return join(this.#directory, "root");
  }

  get namespace(): string {
    return this.#namespace;
  }

  chroot(...command: readonly string[]): string {
    return run("ip", "netns", "exec", this.#namespace, "chroot", this.root, ...command);
  }

  sql(statement: string): string {
    return this.chroot("mariadb", "-N", "-e", statement).trim();
  }

  /** What stands in a dump, or in a file of the checkout. */
  load(statements: string | Buffer): void {
    const words = ["netns", "exec", this.#namespace, "chroot", this.root, "mariadb"];
    execFileSync("ip", words, { input: statements, stdio: ["pipe", "ignore", "pipe"] });
  }

  get #running(): readonly ChildProcess[] {
    return [this.#mariadb, this.#keepalived].filter((one) => one !== undefined);
  }

  #start(...command: readonly string[]): ChildProcess {
    const words = ["netns", "exec", this.#namespace, "chroot", this.root, ...command];
    return spawn("ip", words, { stdio: "ignore" });
  }

  emptyDisk(): void {
    rmSync(join(this.root, "var/lib/mysql"), { recursive: true, force: true });
  }

  /** What Debian's package does when it is installed. */
  installDatabase(): void {
    this.chroot("install", "-d", "-o", "mysql", "-g", "mysql", "/var/lib/mysql", "/run/mysqld");
    const words = ["--defaults-file=/etc/plain.cnf", "--skip-test-db", "--force"];
    this.chroot("mariadb-install-db", ...words);
  }

  /** @returns false when MariaDB does not start: it has no data */
  async startMariadb(): Promise<boolean> {
    const server = this.#start("mariadbd", "--defaults-file=/etc/plain.cnf");
    this.#mariadb = server;
    for (let waited = 0; waited < STARTS_WITHIN_MS; waited += 100) {
      if (server.exitCode !== null) return false;
      try {
        this.sql(ACCOUNTS);
        return true;
      } catch {
        await pause(100);
      }
    }
    return false;
  }

  /** keepalived may have left its process number behind. */
  startKeepalived(): void {
    for (const name of ["keepalived", "keepalived.vrrp"].map((one) => `${one}.pid`))
      rmSync(join(this.root, "run", name), { force: true });
    this.#keepalived = this.#start("keepalived", "--dont-fork", "--use-file=/etc/keepalived.conf");
  }

  async powerOn(): Promise<boolean> {
    this.silence([]);
    const started = await this.startMariadb();
    this.startKeepalived();
    return started;
  }

  /** Everything ends at once. What was written is in the memory of the machine below, so no disk forgets anything. */
  async cutPower(): Promise<void> {
    this.silence(["eth0", "eth1"]);
    const pids = run("ip", "netns", "pids", this.#namespace).trim().split("\n").filter(Boolean);
    const ended = this.#running.filter(({ exitCode }) => exitCode === null);
    const ends = ended.map((one) => once(one, "exit"));
    for (const pid of pids) {
      try {
        process.kill(Number(pid), "SIGKILL");
      } catch {
        // It has ended by itself.
      }
    }
    await Promise.all(ends);
    run("ip", "-n", this.#namespace, "addr", "flush", "dev", "eth0", "to", SHARED);
  }

  /** Nothing comes or goes over `devices`, and their other ends keep their carrier, as behind a switch. */
  silence(devices: readonly string[]): void {
    const names = `{ ${devices.join(", ")} }`;
    const chain = (name: string, hook: string, which: string): string =>
      `chain ${name} { type filter hook ${hook} priority -300; ${which} ${names} drop; }`;
    const chains = [chain("in", "input", "iifname"), chain("out", "output", "oifname")];
    const rules = devices.length === 0 ? [] : [`table inet silent {\n${chains.join("\n")}\n}`];
    const text = ["table inet silent", "delete table inet silent", ...rules, ""].join("\n");
    execFileSync("ip", ["netns", "exec", this.#namespace, NFT, "-f", "-"], { input: text });
  }

  setLink(device: string, to: "up" | "down"): void {
    run("ip", "-n", this.#namespace, "link", "set", device, to);
  }

  get holdsAddress(): boolean {
    return run("ip", "-n", this.#namespace, "addr", "show", "dev", "eth0").includes(`${SHARED}/`);
  }

  /** True while both threads run. */
  get follows(): boolean {
    try {
      const state =
        "SELECT Slave_IO_Running, Slave_SQL_Running FROM information_schema.SLAVE_STATUS";
      return this.sql(state) === "Yes\tYes";
    } catch {
      return false;
    }
  }

  get rows(): ReadonlySet<string> {
    return new Set(this.sql("SELECT callid FROM kamailio.acc ORDER BY id").split("\n"));
  }

  followFrom(host: string): void {
    this
      .sql(`CHANGE MASTER TO MASTER_HOST = '${host}', MASTER_USER = 'repl', MASTER_PASSWORD = '${PASSWORD}',
      MASTER_USE_GTID = slave_pos, MASTER_CONNECT_RETRY = 1`);
    this.sql("START SLAVE");
  }

  makeTables(): void {
    const tables = readFileSync("appliance/database/schema/010-kamailio.sql", "utf8");
    const mark = "ALTER TABLE acc ADD COLUMN mediated TINYINT UNSIGNED NOT NULL DEFAULT 0;";
    this.load(`CREATE DATABASE kamailio; USE kamailio;\n${tables}\n${mark}`);
  }

  async remove(): Promise<void> {
    await this.cutPower();
    for (const name of ["dev", "proc", ""]) run("umount", join(this.root, name));
    rmSync(this.#directory, { recursive: true });
  }
}
