import { createSocket } from "node:dgram";
import { once } from "node:events";
import test from "ava";
import { ha1Of } from "../../../components/sbc/sip/digest.ts";
import type { DigestAlgorithm, Qop } from "../../../components/sbc/sip/digest.ts";
import { authorize, sessionFor } from "../../../components/sbc/sip/digest-client.ts";
import { challengesOf, verify } from "../../../components/sbc/sip/digest-server.ts";
import type { DigestPolicy } from "../../../components/sbc/sip/digest-server.ts";
import type { Header } from "../../../components/sbc/sip/header.ts";
import { createRequest } from "../../../components/sbc/sip/message.ts";
import type { SipRequest, SipResponse } from "../../../components/sbc/sip/message.ts";
import { makeNonce, NonceCounts } from "../../../components/sbc/sip/nonce.ts";
import { responseTo } from "../../../components/sbc/sip/responses.ts";
import { RFC_3261_TIMERS } from "../../../components/sbc/sip/timers.ts";
import type { Core, CoreInput } from "../../../components/sbc/transport.ts";
import { randomToken, Transport } from "../../../components/sbc/transport.ts";
import { Sipp, scenario } from "./sipp.ts";

const ALICE = { username: "alice", password: "secret" };
const REALM = "example.org";

/** A core that does what one function says. */
const open = (receive: (transport: Transport, input: CoreInput) => void): Promise<Transport> =>
  Transport.open({ address: "127.0.0.1", port: 0, timers: RFC_3261_TIMERS }, (transport): Core => ({
    receive: (input) => receive(transport, input),
    deadline: Infinity,
    advance: () => undefined,
  }));

const policy = (qop: Qop): DigestPolicy => ({
  realm: REALM,
  algorithms: ["MD5"],
  qops: [qop],
  proxy: false,
  nonces: { secret: Buffer.alloc(32, 9), lifetimeMs: 60_000 },
});

/** SIPp knows MD5 alone. */
for (const qop of ["auth", "auth-int"] as const)
  test.serial(`SIPp answers our challenge, qop ${qop}`, async (t) => {
    const ours = policy(qop);
    const counts = new NonceCounts(ours.nonces);
    const secretOf = (username: string, wanted: DigestAlgorithm): string | undefined =>
      username === ALICE.username ? ha1Of(wanted, { ...ALICE, realm: REALM }) : undefined;
    const verdicts: string[] = [];
    const transport = await open((opened, input) => {
      if (input.kind !== "request") return;
      const verdict = verify(input.request, ours, { secretOf, counts }, Date.now());
      verdicts.push(verdict.kind);
      const nonce = makeNonce(ours.nonces, REALM, Date.now(), Buffer.from(randomToken(), "hex"));
      const answer =
        verdict.kind === "authenticated"
          ? { status: 200 }
          : { status: 401, headers: challengesOf(ours, nonce, false) };
      opened.respond(input.key, responseTo(input.request, { ...answer, toTag: randomToken() }));
    });
    const target = `127.0.0.1:${transport.local.port}`;
    const words = ["-sf", scenario("register"), "-m", "1", "-timeout", "20s", "-timeout_error"];
    const sipp = new Sipp([target, ...words]);
    t.teardown(async () => {
      await sipp.remove();
      await transport.close();
    });
    t.is(await sipp.ended(), 0, sipp.output);
    t.deepEqual(verdicts, ["challenge", "authenticated"]);
  });

const register = (
  transport: Transport,
  sequence: number,
  headers: readonly Header[],
): SipRequest => {
  const { address: host, port } = transport.local;
  const params = [{ name: "branch", value: `z9hG4bK${randomToken()}` }];
  const alice = { displayName: undefined, uri: `sip:alice@${REALM}` };
  return createRequest({
    method: "REGISTER",
    uri: `sip:${REALM}`,
    vias: [{ transport: "UDP", host, port, params }],
    from: { ...alice, params: [{ name: "tag", value: "register" }] },
    to: { ...alice, params: [] },
    callId: `register-${port}`,
    cseq: { sequence, method: "REGISTER" },
    headers,
  });
};

for (const [password, expected] of [
  ["secret", 200],
  ["guess", 403],
] as const)
  test.serial(`SIPp checks our credentials: ${expected}`, async (t) => {
    const free = createSocket("udp4").bind(0, "127.0.0.1");
    await once(free, "listening");
    const target = { address: "127.0.0.1", port: free.address().port };
    free.close();
    const sipp = new Sipp(["-sf", scenario("registrar"), "-p", String(target.port)]);
    const answers: SipResponse[] = [];
    let arrived = (): void => undefined;
    const transport = await open((_, input) => {
      if (input.kind !== "response") return;
      answers.push(input.response);
      arrived();
    });
    t.teardown(async () => {
      await sipp.remove();
      await transport.close();
    });
    const answerTo = async (request: SipRequest): Promise<SipResponse | undefined> => {
      const answered = new Promise<void>((resolve) => {
        arrived = resolve;
      });
      transport.request(request, target);
      await answered;
      return answers.at(-1);
    };
    const challenge = await answerTo(register(transport, 1, []));
    const session = challenge === undefined ? undefined : sessionFor(challenge, undefined);
    if (session === undefined) return t.fail("no challenge");
    const second = register(transport, 2, []);
    const { header } = authorize(session, { ...ALICE, password }, second, randomToken());
    t.is((await answerTo(register(transport, 2, [header])))?.status, expected);
  });
