import test from "ava";
import { COMPONENTS } from "../../../components/index.ts";
import { dueReload, duesOf, inOrder, valuesOf } from "../../../ops/commands/ngcpcfg/dues.ts";

const TLS = "/etc/kamailio/lb/tls.cfg";
const CACHE = "/etc/redis/ngcp-redis.conf";
const CONFIG = 'port 6379\nmaxmemory 256mb\nrepl-backlog-size 64mb\nsave ""\n';

const renewed = (path: string, before: string | undefined = "a", after = "b") => ({
  path,
  before,
  after,
});

test("a file is taken up by a reload where its component can, and by a restart otherwise", (t) => {
  t.deepEqual(duesOf([renewed(TLS)]), [`lb:${TLS}`]);
  t.deepEqual(duesOf([renewed("/etc/kamailio/lb/kamailio.cfg")]), ["lb"]);
  t.deepEqual(dueReload(`lb:${TLS}`)?.how, {
    kind: "rpc",
    socket: "unix:/run/ngcp-lb/ctl",
    method: "tls.reload",
  });
  t.is(dueReload("lb"), undefined);
});

test("a restart takes up what was to be reloaded, and the daemon comes before the components", (t) => {
  t.deepEqual(
    duesOf([
      renewed(TLS),
      renewed("/etc/kamailio/lb/kamailio.cfg"),
      renewed("/etc/ngcp-ha/settings.json"),
      renewed("/etc/systemd/system/ngcp-clone.socket"),
      renewed("/etc/systemd/system/ngcp-pair.socket"),
    ]),
    ["ngcp-pair.socket", "ngcp-clone.socket", "ngcp-ha", "lb"],
  );
  t.deepEqual(inOrder(["rtpengine", `lb:${TLS}`, "nobody", `lb:${TLS}`]), [
    `lb:${TLS}`,
    "rtpengine",
  ]);
});

test("what the kernel takes up, or whoever reads it next, is nobody's to restart for", (t) => {
  t.deepEqual(
    duesOf([renewed("/etc/sysctl.d/ngcp.conf"), renewed("/etc/mysql/ngcp-peer.cnf")]),
    [],
  );
});

test("a server is told its new values only where nothing else changes in its file", (t) => {
  const more = CONFIG.replace("256mb", "300mb");
  t.deepEqual(duesOf([renewed(CACHE, CONFIG, more)]), [`redis:${CACHE}`]);
  t.deepEqual(duesOf([renewed(CACHE, CONFIG, `${more}port 1\n`)]), ["redis"]);
  t.deepEqual(duesOf([renewed(CACHE, CONFIG, CONFIG.replace("maxmemory 256mb\n", ""))]), ["redis"]);
  t.deepEqual(duesOf([{ path: CACHE, before: undefined, after: more }]), ["redis"]);
  t.deepEqual(valuesOf(more, ["maxmemory", "save"]), { maxmemory: "300mb", save: '""' });
  const cnf = "[mysqld]\nrpl_semi_sync_master_timeout = 2000\nserver_id = 1\n";
  const file = "/etc/mysql/ngcp.cnf";
  t.deepEqual(duesOf([renewed(file, cnf, cnf.replace("2000", "900"))]), [`mysql:${file}`]);
  t.deepEqual(duesOf([renewed(file, cnf, cnf.replace("= 1", "= 2"))]), ["mysql"]);
});

test("what a component reloads is among its templates, once", (t) => {
  for (const { name, templates, reloads = [] } of COMPONENTS) {
    const named = reloads.map(({ template }) => template);
    t.deepEqual([...new Set(named)], named, name);
    for (const template of named) t.true(templates.includes(template), `${name}: ${template}`);
  }
});
