import { cpSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { connectDatabase } from "../../../appliance/database/client.ts";
import type { Database } from "../../../appliance/database/client.ts";
import { carryOut, planFor } from "../../../appliance/database/provisioning/bring.ts";
import type { Appliance } from "../../../appliance/model.ts";
import { build, readTemplates } from "../../../appliance/ngcpcfg/build.ts";
import type { BuiltFile } from "../../../appliance/ngcpcfg/build.ts";
import { removeGroups } from "../../../ops/lab/cgroup.ts";
import { removeDisk } from "../../../ops/lab/disk.ts";
import { namespaceOf } from "../../../ops/lab/names.ts";
import type { Lab } from "../../../ops/lab/names.ts";
import { buildNetwork, destroyNetwork, ipBatch } from "../../../ops/lab/network.ts";
import { booted, enter, leaderOf, powerOff, powerOn } from "../../../ops/lab/node.ts";
import { bundlePrograms } from "../../../ops/package/bundle.ts";
import { installDatabaseFiles, rootFileSystem } from "../debian-tree.ts";
import { APPLIANCE, SHARED } from "./appliance.ts";
import { until } from "./until.ts";

/** Last bytes of the addresses that the phones have. */
const PHONE_HOSTS = Array.from({ length: 30 }, (_, index) => 101 + index);

const CACHE = "/var/cache/tandem";

/** A node that carries lb, proxy, B2BUA, rtpengine, MariaDB and Redis as the package installs them, and no ngcp-ha: the test decides. */
export class EngineNode {
  readonly #lab: Lab;
  readonly #layer: string;
  readonly #rootfs = rootFileSystem();
  readonly #appliance: Appliance;

  /** @param name of its own for each file of tests: they run beside each other */
  constructor(name: string, appliance = APPLIANCE) {
    this.#appliance = appliance;
    const own = `${process.env["TANDEM_LAB"] ?? "tandem"}-${name}`;
    this.#lab = { name: own, directory: path.join(CACHE, "labs", own) };
    this.#layer = path.join(this.#lab.directory, "layer");
  }

  /**
   * Boots the node; MariaDB is open for the first time when this resolves, and read-only.
   *
   * @param furnish adds files below the root that it is given
   */
  async boot(furnish: (root: string) => Promise<unknown> = () => Promise.resolve()): Promise<void> {
    await this.remove();
    await this.#fillLayer();
    await furnish(this.#layer);
    await buildNetwork(this.#lab);
    await ipBatch(this.phonesNamespace, [
      ...PHONE_HOSTS.map((host) => `addr replace 192.0.2.${host}/24 dev eth0`),
      ...[101, 102].map((host) => `addr replace 2001:db8::${host}/64 dev eth0 nodad`),
    ]);
    await powerOn(this.#lab, "sp1", `${this.#layer}:${this.#rootfs}`);
    await booted(this.#lab, "sp1");
    await this.run("systemd-sysusers && /usr/lib/ngcp/make-certificate");
    await this.setRole("standby", "closed");
  }

  async remove(): Promise<void> {
    await powerOff(this.#lab, "sp1");
    await destroyNetwork(this.#lab);
    await removeDisk(this.#lab, "sp1");
    removeGroups(this.#lab);
    rmSync(this.#lab.directory, { recursive: true, force: true });
  }

  /** The network of the phones. */
  get phonesNamespace(): string {
    return namespaceOf(this.#lab, "phones");
  }

  /** What starts a program in the network of the phones. */
  inPhones(...command: readonly string[]): [string, ...string[]] {
    return ["ip", "netns", "exec", this.phonesNamespace, ...command];
  }

  /** What starts a program of this machine in the network of the node. */
  inNetwork(...command: readonly string[]): [string, ...string[]] {
    return ["ip", "netns", "exec", namespaceOf(this.#lab, "sp1"), ...command];
  }

  /** The root directory of the node that runs. */
  get root(): string {
    return `/proc/${leaderOf(this.#lab, "sp1") ?? 0}/root`;
  }

  /** Runs a shell command in the node and answers its output. */
  async run(command: string): Promise<string> {
    const { status, stdout, stderr } = await enter(this.#lab, "sp1", ["sh", "-c", command]);
    if (status !== 0) throw new Error(`${command}: ${stderr}${stdout}`);
    return stdout.trim();
  }

  sql(statement: string): Promise<string> {
    return this.run(`mariadb -N kamailio -e "${statement}"`);
  }

  /** Makes MariaDB writable and waits until the tables have their newest revision. */
  async openDatabase(): Promise<void> {
    await this.sql("set global read_only = OFF");
    await until(async () => (await this.state("ngcp-schema")) === "inactive", 60_000);
  }

  /** A connection to MariaDB as the tools have it. */
  connect(): Promise<Database> {
    return connectDatabase(
      {
        socketPath: `${this.root}/run/mysqld/mysqld.sock`,
        user: "ngcp",
        password: this.#appliance.secrets?.databasePassword ?? "",
      },
      "sp1",
    );
  }

  /** Brings what is provisioned to `content`, as `ngcp-provision apply` does with a file. */
  async provision(content: unknown): Promise<void> {
    const database = await this.connect();
    try {
      const plan = await planFor(database, { content, placeOf: undefined, prune: false });
      await carryOut(database, plan, () => undefined);
    } finally {
      await database.end();
    }
  }

  redis(command: string): Promise<string> {
    return this.run(`redis-cli --no-auth-warning -a redispassword ${command}`);
  }

  setRole(role: string, services: string): Promise<string> {
    const may = role === "active" || services === "prepared";
    const flag = `${may ? "touch" : "rm -f"} /run/ngcp-ha/may-run`;
    return this.run(
      `mkdir -p /run/ngcp-ha && ${flag} && echo ${role} 1.00 ${services} >/run/ngcp-ha/role`,
    );
  }

  /** The state of a unit, e.g. `active`. */
  state(unit: string): Promise<string> {
    return this.run(`systemctl is-active ${unit} || true`);
  }

  /** The process id of a unit's main process in the node; 0 when it does not run. */
  async mainPid(unit: string): Promise<number> {
    return Number(await this.run(`systemctl show -P MainPID ${unit}`));
  }

  holdAddresses(held: boolean): Promise<string> {
    const verb = held ? "replace" : "del";
    const v4 = `ip addr ${verb} ${SHARED.v4}/24 dev eth0`;
    return this.run(`${v4} && ip -6 addr ${verb} ${SHARED.v6}/64 dev eth0${held ? " nodad" : ""}`);
  }

  async #fillLayer(): Promise<void> {
    const { files, waiting, problems } = build(
      await readTemplates("appliance/templates", { host: "sp1", node: "sp1" }),
      this.#appliance,
    );
    if (problems.length + waiting.length > 0)
      throw new Error([...problems.map(String), ...waiting].join("\n"));
    for (const file of files) this.#install(file);
    for (const script of [
      "appliance/database/redis-mend",
      "ops/bin/yielding",
      "ops/bin/make-certificate",
    ])
      cpSync(script, path.join(this.#layer, "usr/lib/ngcp", path.basename(script)));
    installDatabaseFiles(this.#layer);
    writeFileSync(path.join(this.#layer, "etc/ngcp_nodename"), "sp1\n");
    this.#installUnits();
    await this.#installSbc();
  }

  async #installSbc(): Promise<void> {
    const root = process.cwd();
    const programs = [
      { name: "ngcp-sems", entry: path.join(root, "components/sbc/main.ts") },
      { name: "ngcp-sbc-apps", entry: path.join(root, "components/sbc/apps/main.ts") },
    ];
    await bundlePrograms(root, programs, path.join(this.#layer, "usr/lib/ngcp"));
    const users = path.join(this.#layer, "usr/lib/sysusers.d");
    mkdirSync(users, { recursive: true });
    writeFileSync(path.join(users, "ngcp-sems.conf"), "u ngcp-sems -\nu ngcp-sbc-apps -\n");
  }

  #install({ path: name, content, mode }: BuiltFile): void {
    const file = path.join(this.#layer, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, content, { mode });
  }

  #installUnits(): void {
    const directory = path.join(this.#layer, "etc/systemd/system");
    const wanted = path.join(directory, "multi-user.target.wants");
    mkdirSync(wanted, { recursive: true });
    for (const name of ["lb", "proxy", "rtpengine", "mysql", "redis", "schema", "sems", "sbc-apps"])
      cpSync(`debian/ngcp-${name}.service`, path.join(directory, `ngcp-${name}.service`));
    cpSync("debian/ngcp-active.target", path.join(directory, "ngcp-active.target"));
    for (const name of ["mysql", "redis"])
      symlinkSync(`../ngcp-${name}.service`, path.join(wanted, `ngcp-${name}.service`));
    for (const name of ["kamailio", "rtpengine-daemon", "mariadb", "redis-server"])
      symlinkSync("/dev/null", path.join(directory, `${name}.service`));
  }
}
