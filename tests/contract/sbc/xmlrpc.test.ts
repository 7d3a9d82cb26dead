import test from "ava";
import { XmlRpcClient, XmlRpcFault } from "@foxglove/xmlrpc";
import { z } from "zod";
import { until } from "../sip/until.ts";
import { freeUdpPort, SbcProcess } from "./pair.ts";
import { freeTcpPort, RedisServer } from "./redis-server.ts";
import { sdpOf, WirePhone } from "./wire-phone.ts";

const LIMIT_MS = 30_000;

const Page = z.object({
  calls: z.array(
    z.object({
      id: z.string(),
      phase: z.string(),
      caller: z.string(),
      callee: z.string(),
      createdAt: z.date(),
    }),
  ),
});

test("XML-RPC counts, lists, shows and ends calls, and says why it does not", async (t) => {
  t.timeout(2 * LIMIT_MS);
  const [caller, callee] = await Promise.all([WirePhone.open(), WirePhone.open()]);
  const redis = await RedisServer.start();
  const [port, controlPort] = [await freeUdpPort(), await freeUdpPort()];
  const xmlRpcPort = await freeTcpPort();
  const process = new SbcProcess({
    ...{ port, controlPort, xmlRpcPort, redisPort: redis.port },
    ...{ nextHop: callee.port, settings: undefined },
  });
  t.teardown(async () => {
    caller.close();
    callee.close();
    await process.kill();
    await redis.kill();
  });
  await process.ready();
  const client = new XmlRpcClient(`http://127.0.0.1:${xmlRpcPort}/RPC2`);
  await until(
    () =>
      client.methodCall("calls").then(
        (count) => count === 0,
        () => false,
      ),
    LIMIT_MS,
  );

  const sent = caller.invite(port);
  callee.respond(await callee.request("INVITE"), 200, { body: sdpOf("callee") });
  caller.acknowledge(await caller.response(sent, 200));
  await callee.request("ACK");
  t.is(await client.methodCall("calls"), 1);
  const { calls } = Page.parse(await client.methodCall("get_calls"));
  const [call] = calls;
  t.is(calls.length, 1);
  t.is(call?.caller, "sip:phone@127.0.0.1");
  t.true(Math.abs(Date.now() - (call?.createdAt.getTime() ?? 0)) < LIMIT_MS);
  const id = call?.id ?? "";
  const record = z.string().parse(await client.methodCall("show", [id]));
  t.like(JSON.parse(record), { id, phase: "confirmed" });
  t.deepEqual(Page.parse(await client.methodCall("get_calls", [id])).calls, []);
  t.deepEqual(await client.methodCall("getLoadedProfiles"), [{ name: "default" }]);

  t.is(await client.methodCall("disconnect", [id]), id);
  const byes = await Promise.all([caller.request("BYE"), callee.request("BYE")]);
  caller.respond(byes[0], 200);
  callee.respond(byes[1], 200);
  await until(async () => (await client.methodCall("calls")) === 0, LIMIT_MS);
  const refused = await t.throwsAsync(client.methodCall("disconnect", [id]), {
    instanceOf: XmlRpcFault,
  });
  t.is(refused.faultCode, 1);
  await t.throwsAsync(client.methodCall("disconnect", [7]), { message: /string/ });
  await t.throwsAsync(client.methodCall("dance"), { message: /not found/ });
});
