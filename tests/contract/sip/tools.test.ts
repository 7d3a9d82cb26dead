import test from "ava";
import { bundlePrograms } from "../../../ops/package/bundle.ts";
import { Lan } from "./line.ts";
import { EngineNode } from "./node.ts";
import { openActiveNode } from "./wires.ts";

const TOOLS = ["ngcp-sercmd", "ngcp-kamcmd", "ngcp-kamctl"] as const;
const node = new EngineNode("lbtools");
const lan = new Lan(node);

/** Runs a tool as it is packaged, on the node; its words, and its exit status when it is not 0. */
const tool = (words: string): Promise<string> =>
  node.run(`node /opt/${words.replace(" ", ".cjs ")} 2>&1 || echo "status $?"`);

test.before(async () => {
  await openActiveNode(node, (root) =>
    bundlePrograms(
      process.cwd(),
      TOOLS.map((name) => ({ name, entry: `ops/bin/${name}.ts` })),
      `${root}/opt`,
    ),
  );
  await lan.open("a", { address: "192.0.2.101", port: 5060 });
  await lan.register("a");
});

test.after.always(async () => {
  await lan.close();
  await node.remove();
});

test.serial("ngcp-sercmd lb htable.dump ipban, and under its newer name", async (t) => {
  await node.run("kamcmd -s /run/ngcp-lb/ctl htable.seti ipban 192.0.2.66 1");
  for (const name of ["ngcp-sercmd", "ngcp-kamcmd"])
    t.regex(await tool(`${name} lb htable.dump ipban`), /name: 192\.0\.2\.66/);
  t.is(await tool("ngcp-sercmd lb htable.delete ipban 192.0.2.66"), "Ok. Key deleted.");
  t.is(await tool("ngcp-sercmd lb htable.dump ipban"), "");
});

test.serial("without a method the methods are listed; --json is JSON", async (t) => {
  t.regex(await tool("ngcp-sercmd proxy"), /^ul\.lookup$/m);
  const told: unknown = JSON.parse(await tool("ngcp-sercmd --json proxy core.uptime"));
  t.regex(JSON.stringify(told), /"uptime":\d+/);
});

test.serial("a function that is not there is refused", async (t) => {
  t.regex(await tool("ngcp-sercmd lb no.such"), /^NGCP_CALL_REFUSED: [^]*\nstatus 1$/);
  t.regex(await tool("ngcp-sercmd --json lb no.such"), /^NGCP_CALL_REFUSED: [^]*\nstatus 1$/);
  t.regex(await tool("ngcp-kamctl lb ul show"), /ngcp-kamctl proxy ul show[^]*\nstatus 2$/);
  t.regex(await tool("ngcp-kamctl proxy nonsense"), /there is no command[^]*\nstatus 2$/);
});

test.serial(
  "ngcp-kamctl proxy ul show shows the registrations, and ul rm takes them back",
  async (t) => {
    t.regex(
      await tool("ngcp-kamctl proxy ul show"),
      /^a@test\.invalid +sip:a@192\.0\.2\.101:5060 +sip:192\.0\.2\.101:5060 +\d+ s +tandem-phone$/m,
    );
    t.regex(await tool("ngcp-kamctl proxy ul show a"), /^a@test\.invalid /m);
    t.notRegex(await tool("ngcp-kamctl proxy ul show b"), /test\.invalid/);
    t.is(await tool("ngcp-kamctl proxy online"), "a@test.invalid");
    t.like(JSON.parse(await tool("ngcp-kamctl --json proxy ul show")), [
      { address: "a@test.invalid" },
    ]);
    await tool("ngcp-kamctl proxy ul rm a@test.invalid");
    t.is(await node.sql("select count(*) from location"), "0");
  },
);

test.serial("each command of ngcp-kamctl is understood by its engine", async (t) => {
  for (const words of [
    "lb dispatcher show",
    "lb tls info",
    "lb stats core:",
    "proxy stats",
    "proxy dialog show",
    "proxy peer show",
    "proxy uptime",
    "lb ps",
    "lb version",
    "lb rpc core.uptime",
    "proxy fifo dlg.list",
  ])
    t.notRegex(await tool(`ngcp-kamctl ${words}`), /status|NGCP_/, words);
});

test.serial("where the engine does not run the tools say so", async (t) => {
  await node.run("systemctl stop ngcp-active.target");
  for (const words of ["ngcp-sercmd lb core.uptime", "ngcp-sercmd --json lb core.uptime"])
    t.regex(await tool(words), /^NGCP_ENGINE_SILENT: lb does not answer[^]*\nstatus 1$/);
  t.notRegex(await tool("ngcp-kamctl proxy ul show"), /NGCP_/, "the database is still there");
});
