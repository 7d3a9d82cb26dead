import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import test from "ava";
import { DOMAIN } from "./appliance.ts";
import { Lan } from "./line.ts";
import { EngineNode } from "./node.ts";
import { until } from "./until.ts";
import { openActiveNode } from "./wires.ts";

/* Peers over TCP and TLS, and how calls are shared out by weight. */

const node = new EngineNode("peerways");
const lan = new Lan(node);

const GROUPS = {
  stream: {
    rules: [{ callee_prefix: 43 }],
    hosts: { stream: { ip: "192.0.2.125", transport: "tcp" } },
  },
  secret: {
    rules: [{ callee_prefix: 44 }],
    hosts: { secret: { ip: "192.0.2.125", port: 5061, transport: "tls" } },
  },
  shared: {
    rules: [{ callee_prefix: 45 }],
    hosts: {
      heavy: { ip: "192.0.2.126", weight: 9 },
      light: { ip: "192.0.2.127", weight: 1 },
    },
  },
};

/** Both servers of the peer: each INVITE is told on standard output and answered with 486. */
const PEER = `
const fs = require("node:fs");
const [, folder] = process.argv;
const serve = (way) => (socket) => socket.on("error", () => {}).on("data", (data) => {
  const lines = data.toString().split("\\r\\n");
  if (!lines[0].startsWith("INVITE")) return;
  console.log(way + " " + lines[0]);
  const kept = lines.filter((line) => /^(Via|From|To|Call-ID|CSeq|Record-Route):/.test(line));
  const answer = kept.map((line) => (line.startsWith("To:") ? line + ";tag=peer" : line));
  socket.write(["SIP/2.0 486 Busy Here", ...answer, "Content-Length: 0", "", ""].join("\\r\\n"));
});
const read = (name) => fs.readFileSync(folder + "/" + name);
require("node:net").createServer(serve("tcp")).listen(5060, "192.0.2.125");
require("node:tls").createServer({ key: read("key"), cert: read("crt") }, serve("tls"))
  .listen(5061, "192.0.2.125", () => console.log("listening"));
`;

let peer: ReturnType<typeof spawn> | undefined;
let told = "";

test.before(async () => {
  await openActiveNode(node);
  await node.provision({
    ...Lan.subscribers({ a: { numbers: ["4319001"] } }),
    peer_groups: GROUPS,
  });
  await lan.openAll(["a"]);
  const folder = join(node.root, "tmp");
  await node.run(
    "cp /etc/ngcp-config/ssl/myserver.key /tmp/key; cp /etc/ngcp-config/ssl/myserver.crt /tmp/crt",
  );
  const [program, ...rest] = node.inPhones(process.execPath, "-e", PEER, folder);
  peer = spawn(program, rest, { stdio: ["ignore", "pipe", "inherit"] });
  peer.stdout?.on("data", (data: Buffer) => {
    told += data.toString();
  });
  await until(() => Promise.resolve(told.includes("listening")), 5_000);
});

test.after.always(async () => {
  if (peer !== undefined) {
    const ended = once(peer, "exit");
    peer.kill();
    await ended;
  }
  await lan.close();
  await node.remove();
});

const dial = async (number: string): Promise<string> => {
  const uri = `sip:${number}@${DOMAIN}`;
  const { status, reason } = await lan.phones.ask({ kind: "call", phone: "a", uri });
  return `${status} ${reason}`;
};

test.serial("a peer over TCP gets its calls over a connection", async (t) => {
  t.is(await dial("4330123"), "486 Busy Here");
  t.regex(told, /^tcp INVITE sip:4330123@192\.0\.2\.125/m);
});

test.serial("a peer over TLS gets its calls over TLS", async (t) => {
  t.is(await dial("4430123"), "486 Busy Here");
  t.regex(told, /^tls INVITE sip:4430123@192\.0\.2\.125/m);
});

test.serial("hosts of a group are asked first in the proportion of their weights", async (t) => {
  const firsts = await node.sql(
    "select sum(h.name = 'heavy') from (select substring_index(peers_for('4530123', ''), ',', 1) + seq * 0 as id from seq_1_to_1000) c join peer_hosts h on h.id = c.id",
  );
  t.log(firsts);
  t.true(Number(firsts) > 850 && Number(firsts) < 950, firsts);
});
