import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import test from "ava";
import { reloadWith, type ReloadOrder } from "../../../appliance/ngcpcfg/reload.ts";
import { lb } from "../../../components/lb.ts";
import { debianTree, type DebianTree } from "../debian-tree.ts";

const RENDERED = "tests/golden/rendered/sp1/etc";
const CONTROL = "unix:/run/ngcp-lb/ctl";
const READY_WITHIN_MS = 60_000;

/** A Debian tree in a network of its own, which lives as long as the first process in it. */
interface Machine {
  readonly tree: DebianTree;
  readonly keeper: ChildProcess;
  readonly engines: ChildProcess[];
}

let machine: Machine | undefined;

const here = (): Machine => {
  if (machine === undefined) throw new Error("there is no machine");
  return machine;
};

const inside = (): readonly [string, ...string[]] => {
  const { keeper, tree } = here();
  return ["nsenter", "--net", "--target", String(keeper.pid), "chroot", tree.root];
};

const call = (...words: readonly string[]): string => {
  const [program, ...args] = [...inside(), ...words] as [string, ...string[]];
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${words.join(" ")}: ${stdout}${stderr}`);
  return stdout.trim();
};

const start = (...words: readonly string[]): void => {
  const [program, ...args] = [...inside(), ...words] as [string, ...string[]];
  here().engines.push(spawn(program, args, { stdio: "ignore" }));
};

const until = async (...words: readonly string[]): Promise<void> => {
  const deadline = performance.now() + READY_WITHIN_MS;
  for (;;) {
    try {
      call(...words);
      return;
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await pause(50);
    }
  }
};

const NETWORK = `ip link set lo up
ip address add 192.0.2.10/32 dev lo
ip address add 192.168.255.251/32 dev lo
ip -6 address add 2001:db8::10/128 dev lo nodad
echo ready
exec sleep infinity`;

test.before(async () => {
  const tree = debianTree();
  const keeper = spawn("unshare", ["--net", "sh", "-c", NETWORK], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  machine = { tree, keeper, engines: [] };
  await once(keeper.stdout, "data");
  for (const part of ["kamailio", "redis"])
    cpSync(join(RENDERED, part), join(tree.root, "etc", part), { recursive: true });
  for (const folder of ["run/ngcp-lb", "run/mysqld", "etc/ngcp-config/ssl", "var/lib/redis"])
    mkdirSync(join(tree.root, folder), { recursive: true });
  const ssl = "/etc/ngcp-config/ssl/myserver";
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  const files = ["-subj", "/CN=lb", "-keyout", `${ssl}.key`, "-out", `${ssl}.crt`];
  call("openssl", "req", "-x509", ...key, ...files);
  const config = "/etc/kamailio/lb/kamailio.cfg";
  start("kamailio", "-DD", "-E", "-Y", "/run/ngcp-lb", "-m", "64", "-M", "8", "-f", config);
  start("redis-server", "/etc/redis/ngcp-redis.conf");
  const data = "/var/lib/mysql-of-a-test";
  call("mariadb-install-db", "--no-defaults", `--datadir=${data}`, "--user=root");
  start("mariadbd", "--no-defaults", `--datadir=${data}`, "--user=root", "--skip-networking");
  await until("kamcmd", "-s", CONTROL, "core.uptime");
  await until("redis-cli", "-a", "redisPasswordOfTheSample", "ping");
  await until("mariadb", "--no-defaults", "--execute", "select 1");
});

test.after.always(async () => {
  if (machine === undefined) return;
  const { engines, keeper, tree } = machine;
  for (const child of [...engines, keeper]) {
    const ended = once(child, "exit");
    if (child.exitCode === null && child.kill("SIGTERM")) await ended;
  }
  tree.remove();
});

const reload = (order: ReloadOrder): Promise<void> => reloadWith(...inside())(order);

const methodFor = (template: string): ReloadOrder => {
  const how = lb.reloads?.find((each) => each.template.endsWith(template))?.how;
  if (how?.kind !== "rpc") throw new Error(`${template} is not taken up by a command`);
  return how;
};

const lbFile = (name: string): string => join(here().tree.root, "etc/kamailio/lb", name);

test.serial("the load-balancer takes up lists of addresses of both families", async (t) => {
  const file = lbFile("address.list");
  const list = readFileSync(file, "utf8");
  writeFileSync(file, `${list}1 198.51.100.0 24 0\n1 2001:db8:7:: 48 0\n1 2001:db8:8::1 128 0\n`);
  await reload(methodFor("address.list.eta"));
  const dump = ["permissions.addressDump", "permissions.subnetDump"].map((method) =>
    call("kamcmd", "-s", CONTROL, method),
  );
  for (const source of ["192.0.2.12", "198.51.100.0", "2001:db8:7::", "2001:db8:8::1"])
    t.true(
      dump.some((text) => text.toLowerCase().includes(source)),
      source,
    );
});

test.serial("the load-balancer takes up its proxies", async (t) => {
  writeFileSync(lbFile("dispatcher.list"), "1 sip:127.0.0.1:5062\n1 sip:127.0.0.1:5063\n");
  await reload(methodFor("dispatcher.list.eta"));
  t.regex(call("kamcmd", "-s", CONTROL, "dispatcher.list"), /127\.0\.0\.1:5063/);
});

test.serial("what kamailio would not take is told, and it goes on with what it had", async (t) => {
  const tls = readFileSync(lbFile("tls.cfg"), "utf8");
  await reload(methodFor("tls.cfg.eta"));
  writeFileSync(lbFile("tls.cfg"), tls.replace("myserver.crt", "nobody.crt"));
  const order = methodFor("tls.cfg.eta");
  await t.throwsAsync(reload(order), { message: /[Ee]rror/ });
  await t.throwsAsync(reload({ kind: "rpc", socket: CONTROL, method: "no.such" }));
  t.notThrows(() => call("openssl", "s_client", "-connect", "192.0.2.10:5061", "-brief"));
});

test.serial("Redis and MariaDB take settings while they run", async (t) => {
  const password = "redisPasswordOfTheSample";
  const values = { maxmemory: "300mb", "repl-backlog-size": "65mb" };
  await reload({ kind: "redis", values, password });
  const said = call("redis-cli", "-a", password, "config", "get", "maxmemory", "repl-backlog-size");
  t.deepEqual(
    said
      .split("\n")
      .filter((line) => /^\d+$/.test(line))
      .sort(),
    ["314572800", "68157440"],
  );
  await t.throwsAsync(reload({ kind: "redis", values, password: "wrong" }), {
    message: /WRONGPASS/,
  });
  await reload({ kind: "mariadb", values: { rpl_semi_sync_master_timeout: "1234" } });
  const query = "select @@global.rpl_semi_sync_master_timeout";
  t.is(call("mariadb", "--no-defaults", "-N", "--execute", query), "1234");
  await t.throwsAsync(reload({ kind: "mariadb", values: { no_such_variable: "1" } }), {
    message: /Unknown system variable/,
  });
  await t.throwsAsync(reload({ kind: "mariadb", values: { max_connections: "1; drop x" } }), {
    message: /no number/,
  });
});
