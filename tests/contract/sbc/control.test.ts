import { createSocket } from "node:dgram";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import { askSbc, SbcRefusalError, SbcSilentError } from "../../../components/sbc/control/client.ts";
import { sbcOn } from "../../../ops/commands/sbc.ts";
import { runAgainst } from "../../unit/ops/daemon-of-a-test.ts";
import { until } from "../sip/until.ts";
import { freeUdpPort, SbcPair } from "./pair.ts";
import { Sipp } from "./sipp.ts";
import {
  REST,
  ack,
  agree,
  answer,
  hear,
  invite,
  mayHear,
  receive,
  ring,
  scenario,
} from "./stories.ts";

const CALLS = 20;
const LIMIT_MS = 60_000;

const caller = [
  ...[invite(1, false), mayHear(100, "invite1"), hear(180, "invite1"), hear(200, "invite1")],
  ...[ack(1), receive("BYE"), agree, REST],
];
const callee = [receive("INVITE"), ring, answer, receive("ACK"), receive("BYE"), agree, REST];

test("calls are listed, shown and ended from outside, each counted once", async (t) => {
  const directory = mkdtempSync(join(tmpdir(), "tandem-control-"));
  const calleePort = await freeUdpPort();
  const pair = await SbcPair.start(calleePort);
  const play = (side: string, steps: readonly string[], words: readonly string[]): Sipp => {
    const path = join(directory, `${side}.xml`);
    writeFileSync(path, scenario(side, steps));
    return new Sipp(["-sf", path, "-m", String(CALLS), "-timeout", "55s", ...words]);
  };
  const answers = play("callee", callee, ["-p", String(calleePort)]);
  const calls = play("caller", caller, ["-r", "20", `127.0.0.1:${pair.port}`]);
  t.teardown(async () => {
    await Promise.all([answers.remove(), calls.remove(), pair.end()]);
    rmSync(directory, { recursive: true, force: true });
  });
  await until(async () => (await pair.phases())["confirmed"] === CALLS, LIMIT_MS);

  const at = { address: "127.0.0.1", port: pair.controlPort };
  const tool = sbcOn((order) => askSbc(order, at));
  const say = async (...words: string[]): Promise<readonly string[]> => {
    const { end, said } = await runAgainst(tool, words, {});
    t.is(end, "done");
    return said;
  };
  const lines = await say("calls");
  t.is(lines.length, CALLS + 1);
  const ids = lines.slice(1).map((line) => line.slice(0, 16));
  t.is(new Set(ids).size, CALLS);
  t.regex(lines[1] ?? "", /^[0-9a-f]{16} {2}confirmed {2}\d+ s +sip:caller@\S+ +sip:callee@\S+$/);
  const stats = await askSbc({ command: "stats" }, at);
  t.is(stats.calls, CALLS);
  t.deepEqual(stats.phases, { confirmed: CALLS });
  t.is(stats.received, CALLS);
  t.is(stats.answered, CALLS);
  const [first = "", ...others] = ids;
  t.regex((await say("show", first)).join("\n"), /"phase": "confirmed"/);
  t.deepEqual(await say("kill", first), [`${first} is ended`]);
  await until(async () => (await askSbc({ command: "stats" }, at)).calls === CALLS - 1, LIMIT_MS);
  await t.throwsAsync(() => askSbc({ command: "kill", call: first }, at), {
    instanceOf: SbcRefusalError,
    code: "NGCP_SBC_NO_CALL",
  });
  for (const id of others) await askSbc({ command: "kill", call: id }, at);
  t.is(await calls.ended(), 0, calls.output);
  t.is(await answers.ended(), 0, answers.output);
  await until(async () => (await pair.leftOver()).length === 0, LIMIT_MS);
  t.deepEqual((await askSbc({ command: "stats" }, at)).endedHere, { operator: CALLS });
});

test("a datagram that is no order is refused, and nobody answers where there is no sbc", async (t) => {
  const pair = await SbcPair.start(await freeUdpPort());
  const socket = createSocket("udp4").bind(0, "127.0.0.1");
  t.teardown(async () => {
    socket.close();
    await pair.end();
  });
  for (const text of ["", "{", '{"id":"1","command":"stop"}', '{"id":"1","command":"kill"}']) {
    socket.send(text, pair.controlPort, "127.0.0.1");
    const [answered] = (await once(socket, "message")) as [Buffer];
    t.regex(answered.toString(), /"ok":false,"code":"NGCP_SBC_ORDER"/);
  }
  const nobody = { address: "127.0.0.1", port: await freeUdpPort() };
  await t.throwsAsync(() => askSbc({ command: "stats" }, nobody), { instanceOf: SbcSilentError });
});
