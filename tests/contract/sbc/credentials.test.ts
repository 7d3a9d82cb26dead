import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import type { ExecutionContext } from "ava";
import { headerValue } from "../../../components/sbc/sip/header.ts";
import type { SipRequest } from "../../../components/sbc/sip/message.ts";
import { until } from "../sip/until.ts";
import { askSbc } from "../../../components/sbc/control/client.ts";
import { LIMIT_MS, opened } from "./line.ts";
import type { WirePhone } from "./wire-phone.ts";
import { sdpOf } from "./wire-phone.ts";

const [USER, PASSWORD, REALM] = ["tandem", "Grün & blau", "peer.invalid"];
const hex = (word: string): string => Buffer.from(word).toString("hex");
const TOLD = { "P-NGCP-Peer-Auth": [USER, PASSWORD, REALM].map(hex).join(" ") };

/** What both nodes have, and Redis has not. */
const secretsOfPair = (t: ExecutionContext): string => {
  const directory = mkdtempSync(join(tmpdir(), "tandem-secrets-"));
  t.teardown(() => rmSync(directory, { recursive: true }));
  const path = join(directory, "secrets.json");
  writeFileSync(path, JSON.stringify({ recordSecret: "secret of the pair" }));
  return path;
};

const md5 = (text: string): string => createHash("md5").update(text).digest("hex");

/** What RFC 2617 section 3.2.2 has, worked out apart from the code under test. */
const expected = (request: SipRequest, credentials: string): string => {
  const value = (name: string): string =>
    new RegExp(`\\b${name}="?([^",]+)"?`).exec(credentials)?.[1] ?? "";
  const ha1 = md5(`${USER}:${REALM}:${PASSWORD}`);
  const ha2 = md5(`${request.method}:${request.uri}`);
  return md5([ha1, value("nonce"), value("nc"), value("cnonce"), "auth", ha2].join(":"));
};

const challenge = (nonce: string, realm = REALM): Record<string, string> => ({
  "Proxy-Authenticate": `Digest realm="${realm}", nonce="${nonce}", qop="auth", algorithm=MD5`,
});

/** The INVITEs that a callee got, without those that were only repeated, in the order in which they came. */
const attempts = (callee: WirePhone): ReadonlyMap<string, SipRequest> =>
  new Map(
    callee.requests("INVITE").map((invite) => [`${invite.callId} ${invite.cseq.sequence}`, invite]),
  );

test("a peer that asks who we are is told, for INVITE, its ACK and BYE, also after a takeover", async (t) => {
  const { pair, caller, callee } = await opened(t, undefined, ["--secrets", secretsOfPair(t)]);
  const isRight = (request: SipRequest, nonce: string): void => {
    const credentials = headerValue(request, "Proxy-Authorization") ?? "";
    t.regex(credentials, new RegExp(`nonce="${nonce}"`));
    t.true(credentials.includes(expected(request, credentials)), credentials);
  };
  const sent = caller.invite(pair.port, { lines: TOLD });
  const first = await callee.request("INVITE");
  t.is(headerValue(first, "P-NGCP-Peer-Auth"), undefined);
  callee.respond(first, 407, { lines: challenge("one") });
  const second = await callee.following(first);
  isRight(second, "one");
  t.is(second.cseq.sequence, first.cseq.sequence + 1);
  const unanswered = callee.heard.length;
  callee.respond(second, 200, { body: sdpOf("callee") });
  const answer = await caller.response(sent, 200);
  caller.acknowledge(answer);
  const ack = await callee.request("ACK", unanswered);
  t.is(headerValue(ack, "Proxy-Authorization"), headerValue(second, "Proxy-Authorization"));
  await until(async () => (await pair.phases())["confirmed"] === 1, LIMIT_MS);
  const at = { address: "127.0.0.1", port: pair.controlPort };
  const { calls } = await askSbc({ command: "calls" }, at);
  const record = await askSbc({ command: "show", call: calls[0]?.id ?? "" }, at);
  t.notRegex(JSON.stringify(record), new RegExp(`${PASSWORD}|${hex(PASSWORD)}`));

  await pair.die();
  await pair.rewrite((stored) => {
    t.regex(JSON.stringify(stored), /"sealed":"[^"]{40}/);
    t.notRegex(JSON.stringify(stored), new RegExp(`${PASSWORD}|${hex(PASSWORD)}`));
    return stored;
  });
  await pair.startProcess(pair.redisPorts[1]).ready();
  const bye = caller.within(answer, "BYE");
  const bare = await callee.request("BYE");
  callee.respond(bare, 407, { lines: challenge("two") });
  const told = await callee.following(bare);
  isRight(told, "two");
  callee.respond(told, 200);
  t.is((await caller.response(bye, 200)).status, 200);
  await until(async () => (await pair.leftOver()).length === 0, LIMIT_MS);
});

test("a password is told once, and to no other realm", async (t) => {
  const { pair, caller, callee } = await opened(t);
  const sent = caller.invite(pair.port, { lines: TOLD });
  const first = await callee.request("INVITE");
  callee.respond(first, 407, { lines: challenge("one") });
  callee.respond(await callee.following(first), 407, { lines: challenge("two") });
  t.is((await caller.response(sent, 503)).status, 503);
  t.is(attempts(callee).size, 2);
  const other = caller.invite(pair.port, { lines: TOLD });
  await until(() => Promise.resolve(attempts(callee).size === 3), LIMIT_MS);
  const third = [...attempts(callee).values()].pop();
  if (third !== undefined) callee.respond(third, 407, { lines: challenge("3", "other.invalid") });
  t.is((await caller.response(other, 503)).status, 503);
  t.is(attempts(callee).size, 3);
});
