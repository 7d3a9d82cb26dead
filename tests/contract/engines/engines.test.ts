import { cpSync, readdirSync } from "node:fs";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { build, readTemplates, type Template } from "../../../appliance/ngcpcfg/build.ts";
import { checkWithEngines } from "../../../appliance/ngcpcfg/engine-check.ts";
import { ENGINES } from "../../../appliance/ngcpcfg/engines.ts";
import { planSite } from "../../../appliance/ngcpcfg/site.ts";
import { OTHER_PAIRS, type OtherPair, withSamplePair } from "../../golden/sample.ts";
import { debianTree, type DebianTree } from "../debian-tree.ts";

const DIRECTORY = "/run/ngcpcfg";

let tree: DebianTree | undefined;

const place = () => {
  if (tree === undefined) throw new Error("there is no Debian tree");
  return { root: tree.root, directory: DIRECTORY };
};

test.before(() => {
  tree = debianTree();
  // What the units of the package stand beside on a node.
  for (const name of readdirSync("debian").filter((each) => /^ngcp-.*\.service$/.test(each)))
    cpSync(join("debian", name), join(tree.root, "usr/lib/systemd/system", name));
});

test.after.always(() => tree?.remove());

const taken = async (t: ExecutionContext, pair: OtherPair | undefined): Promise<void> => {
  await withSamplePair(async (site) => {
    for (const node of ["sp1", "sp2"] as const) {
      const { files, loaded } = await planSite({ ...site, node });
      const changed = files.map(({ path }) => path);
      const { secrets } = loaded.appliance;
      const absent = await checkWithEngines({ files, changed, secrets }, place());
      t.deepEqual(absent, [], "every engine is asked");
      for (const { name, mainOf } of ENGINES)
        t.true(
          changed.some((path) => changed.includes(mainOf(path) ?? "")),
          `${name} has something to read`,
        );
    }
  }, pair);
  t.deepEqual(readdirSync(join(place().root, DIRECTORY)), [], "nothing is left of what was shown");
};

for (const pair of [undefined, ...OTHER_PAIRS])
  test.serial(`the engines take every file of the ${pair ?? "sample"} pair`, (t) => taken(t, pair));

/** What an engine says, with the line of the template, when `from` is `to` in one of the templates. */
const complaintsWith = async (
  t: ExecutionContext,
  target: string,
  from: string,
  to: string,
): Promise<string> => {
  let said = "";
  await withSamplePair(async (site) => {
    const templates = await readTemplates(join(site.shareDirectory, "templates"), {
      host: site.host,
      node: "sp1",
    });
    const { loaded } = await planSite({ ...site, node: "sp1" });
    const broken = templates.map((template): Template => {
      if (template.target !== target) return template;
      if (!template.source.includes(from)) throw new Error(`${target} holds no ${from}`);
      return { ...template, source: template.source.replace(from, to) };
    });
    const { files, problems } = build(broken, loaded.appliance);
    t.deepEqual(problems, []);
    try {
      const { secrets } = loaded.appliance;
      await checkWithEngines({ files, changed: [`/${target}`], secrets }, place());
    } catch (error) {
      said = error instanceof Error ? error.message : String(error);
    }
    const lines = broken.find((template) => template.target === target)?.source.split("\n") ?? [];
    said = said.replaceAll(/:(\d+): /g, (text, number) => {
      return `${text}[${lines[Number(number) - 1] ?? ""}] `;
    });
  });
  return said;
};

/** Target, what it says, what it would say, and the complaint; in brackets the line of the template that it names. */
const BROKEN: readonly (readonly [string, string, string, RegExp])[] = [
  [
    "etc/kamailio/lb/guard.cfg",
    'modparam("pike", "remove_latency"',
    'modparam("pike", "remove_latencyy"',
    /guard\.cfg\.eta:\d+: \[modparam\("pike", "remove_latencyy", <%= .*\)\] kamailio does not take line \d+ of \/etc\/kamailio\/lb\/guard\.cfg: Can't set module parameter: parameter <remove_latencyy>/,
  ],
  [
    "etc/kamailio/lb/kamailio.cfg",
    "listen=tls:<%= bracketed(address) %>",
    "listen=tls:[<%= bracketed(address) %>]",
    /\[listen=tls:\[<%= bracketed\(address\) %>\].*kamailio does not take line \d+ /,
  ],
  [
    "etc/kamailio/proxy/kamailio.cfg",
    'loadmodule "usrloc.so"',
    'loadmodule "usrlocs.so"',
    /\[loadmodule "usrlocs\.so"\] kamailio .*: failed to load module: could not find module <usrlocs>/,
  ],
  [
    "etc/mysql/ngcp.cnf",
    "slave_net_timeout = ",
    "slave-net-timeoutt = ",
    /\[slave-net-timeoutt = <%= .*\] mariadbd .*: unknown variable 'slave-net-timeoutt=5'/,
  ],
  [
    "etc/mysql/ngcp.cnf",
    "<%= it.appliance.database.bufferPoolMb %>M",
    "<%= it.appliance.database.bufferPoolMb %>z",
    /\[innodb_buffer_pool_size = <%= .*\] mariadbd .*: Unknown suffix 'z'/,
  ],
  [
    "etc/redis/ngcp-redis.conf",
    "appendfsync everysec",
    "appendfsync sometimes",
    /\[appendfsync sometimes\] redis-server .*: appendfsync: argument\(s\) must be one of/,
  ],
  [
    "etc/redis/ngcp-redis.conf",
    "requirepass <%= it.appliance.secrets.redisPassword %>",
    "requirepas <%= it.appliance.secrets.redisPassword %>",
    /\[requirepas <%= .*\] redis-server .*: requirepas: unknown directive/,
  ],
  [
    "etc/rtpengine/ngcp-rtpengine.conf",
    "timeout = <%= rtp.timeoutSeconds %>",
    "timeout = a minute",
    /\[timeout = a minute\] rtpengine .* cannot be interpreted/,
  ],
  [
    "etc/systemd/system/ngcp-pair.socket",
    "FreeBind=yes",
    "FreeBinding=yes",
    /\[FreeBinding=yes\] systemd-analyze .*: Unknown key 'FreeBinding'/,
  ],
];

for (const [target, from, to, complaint] of BROKEN)
  test.serial(`${target} with ${to} is refused at its line of the template`, async (t) => {
    t.regex(await complaintsWith(t, target, from, to), complaint);
  });

test.serial("a secret that an engine quotes is not told", async (t) => {
  const said = await complaintsWith(
    t,
    "etc/mysql/ngcp.cnf",
    "skip_name_resolve = ON",
    "nonsense = <%= it.appliance.secrets.redisPassword %>",
  );
  t.regex(said, /unknown variable 'nonsense=\(secret\)'/);
  t.notRegex(said, /redisPasswordOfTheSample/);
});
