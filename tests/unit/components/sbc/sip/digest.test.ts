import test from "ava";
import {
  algorithmNamed,
  digestResponse,
  ha1Of,
  parseDigest,
} from "../../../../../components/sbc/sip/digest.ts";
import type { DigestAlgorithm } from "../../../../../components/sbc/sip/digest.ts";
import {
  afterAnswer,
  authorize,
  sessionFor,
} from "../../../../../components/sbc/sip/digest-client.ts";
import type { DigestSession } from "../../../../../components/sbc/sip/digest-client.ts";
import { challengesOf, verify } from "../../../../../components/sbc/sip/digest-server.ts";
import type { DigestPolicy, Verdict } from "../../../../../components/sbc/sip/digest-server.ts";
import { headerValue } from "../../../../../components/sbc/sip/header.ts";
import type { Header } from "../../../../../components/sbc/sip/header.ts";
import type { SipRequest, SipResponse } from "../../../../../components/sbc/sip/message.ts";
import { makeNonce, NonceCounts } from "../../../../../components/sbc/sip/nonce.ts";
import { responseTo } from "../../../../../components/sbc/sip/responses.ts";
import { INVITE } from "./machine-run.ts";

const EMPTY = new Uint8Array(0);
const ALICE = { username: "alice", password: "secret" };
const NONCES = { secret: Buffer.alloc(32, 7), lifetimeMs: 60_000 };
const POLICY: DigestPolicy = {
  realm: "example.org",
  algorithms: ["SHA-256", "MD5"],
  qops: ["auth", "auth-int"],
  proxy: true,
  nonces: NONCES,
};
const SALT = Buffer.alloc(8, 1);
/** The wall clock of these tests. */
const NOW = 1_800_000_000_000;

test("the example of RFC 2617 section 3.5", (t) => {
  const ha1 = ha1Of("MD5", {
    username: "Mufasa",
    realm: "testrealm@host.com",
    password: "Circle Of Life",
  });
  const response = digestResponse(ha1, {
    algorithm: "MD5",
    nonce: "dcd98b7102dd2f0e8b11d0f600bfb0c093",
    uri: "/dir/index.html",
    method: "GET",
    body: EMPTY,
    protection: { qop: "auth", cnonce: "0a4f113b", nonceCount: "00000001" },
  });
  t.is(response, "6629fae49393a05397450978507c4ef1");
});

test("the examples of RFC 7616 section 3.9.1", (t) => {
  const expected: readonly (readonly [DigestAlgorithm, string])[] = [
    ["MD5", "8ca523f5e9506fed4657c9700eebdbec"],
    ["SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"],
  ];
  for (const [algorithm, response] of expected) {
    const ha1 = ha1Of(algorithm, {
      username: "Mufasa",
      realm: "http-auth@example.org",
      password: "Circle of Life",
    });
    const input = {
      algorithm,
      nonce: "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
      uri: "/dir/index.html",
      method: "GET",
      body: EMPTY,
      protection: {
        qop: "auth" as const,
        cnonce: "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
        nonceCount: "00000001",
      },
    };
    t.is(digestResponse(ha1, input), response);
  }
});

test("credentials and challenges are read as peers write them", (t) => {
  t.deepEqual(
    [
      ...(parseDigest('digest realm="a, \\"b\\"" , nonce=abc,qop="auth,auth-int", stale=TRUE') ??
        []),
    ],
    [
      ["realm", 'a, "b"'],
      ["nonce", "abc"],
      ["qop", "auth,auth-int"],
      ["stale", "TRUE"],
    ],
  );
  for (const text of [
    "Basic abc",
    "Digest",
    'Digest realm="a',
    'Digest a="1",a="2"',
    "Digest realm",
  ])
    t.is(parseDigest(text), undefined, text);
  t.is(algorithmNamed(undefined), "MD5");
  t.is(algorithmNamed("sha-256-SESS"), "SHA-256-sess");
  t.is(algorithmNamed("SHA-1"), undefined);
});

const challenge = (headers: readonly Header[]): SipResponse =>
  responseTo(INVITE, { status: 407, toTag: "p", headers });

const challenged = (policy = POLICY, stale = false, at = NOW): SipResponse =>
  challenge(challengesOf(policy, makeNonce(policy.nonces, policy.realm, at, SALT), stale));

const session = (response: SipResponse, previous?: DigestSession): DigestSession => {
  const found = sessionFor(response, previous);
  if (found !== undefined) return found;
  throw new Error("no session");
};

const signed = (from: DigestSession, request = INVITE, account = ALICE): SipRequest => {
  const { header } = authorize(from, account, request, "c-nonce");
  return { ...request, headers: [...request.headers, header] };
};

const server = (policy = POLICY): ((request: SipRequest, at?: number) => Verdict) => {
  const counts = new NonceCounts(policy.nonces);
  const secretOf = (username: string, algorithm: DigestAlgorithm): string | undefined =>
    username === ALICE.username ? ha1Of(algorithm, { ...ALICE, realm: policy.realm }) : undefined;
  return (request, at = NOW) => verify(request, policy, { secretOf, counts }, at);
};

test("challenges come in the order of preference, and the client takes the topmost it can (RFC 8760)", (t) => {
  const response = challenged();
  t.is(session(response).algorithm, "SHA-256");
  t.is(session(response).header, "Proxy-Authorization");
  const unknown = {
    name: "Proxy-Authenticate",
    value: 'Digest realm="x", nonce="n", algorithm=SHA-1',
  };
  t.is(session(challenge([unknown, ...challengesOf(POLICY, "n", false)])).realm, POLICY.realm);
  t.is(sessionFor(challenge([unknown]), undefined), undefined);
});

test("who is challenged and answers is believed, by each algorithm and each qop", (t) => {
  for (const algorithm of ["SHA-512-256", "SHA-256", "SHA-256-sess", "MD5", "MD5-sess"] as const)
    for (const qop of ["auth", "auth-int"] as const) {
      const policy = { ...POLICY, algorithms: [algorithm], qops: [qop] };
      const request = { ...INVITE, body: Buffer.from("v=0\r\n") };
      const answer = signed(session(challenged(policy)), request);
      t.deepEqual(server(policy)(answer), { kind: "authenticated", username: "alice" }, algorithm);
      const changed = server(policy)({ ...answer, body: EMPTY }).kind;
      t.is(changed, qop === "auth" ? "authenticated" : "challenge");
    }
});

test("a client of RFC 2069 is believed where no qop is offered, and only there", (t) => {
  const old = { ...POLICY, qops: [] };
  const answer = signed(session(challenged(old)));
  t.notRegex(headerValue(answer, "Proxy-Authorization") ?? "", /cnonce|qop|nc=/);
  t.is(server(old)(answer).kind, "authenticated");
  t.is(server()(answer).kind, "challenge");
});

test("nobody else is believed", (t) => {
  const good = session(challenged());
  const wrong: readonly SipRequest[] = [
    INVITE,
    signed(good, INVITE, { ...ALICE, password: "guess" }),
    signed(good, INVITE, { ...ALICE, username: "mallory" }),
    signed({ ...good, realm: "other.example" }),
    signed({ ...good, nonce: makeNonce({ ...NONCES, secret: SALT }, POLICY.realm, NOW, SALT) }),
    signed({ ...good, nonce: "AAAA" }),
    { ...signed(good), method: "BYE" },
  ];
  for (const request of wrong) t.deepEqual(server()(request), { kind: "challenge", stale: false });
});

test("credentials that cannot be understood are malformed", (t) => {
  for (const value of [
    'Digest realm="example.org"',
    'Digest realm="example.org", username="a", nonce="n", uri="u", response="r", qop=auth',
    'Digest realm="example.org", username="a", nonce="n", uri="u", response="r", algorithm=X',
  ]) {
    const headers = [{ name: "Proxy-Authorization", value }];
    t.is(server()({ ...INVITE, headers }).kind, "malformed", value);
  }
});

test("a nonce that grew old is stale, and the client answers once more", (t) => {
  const first = session(challenged());
  const verdict = server()(signed(first), NOW + NONCES.lifetimeMs + 1);
  t.deepEqual(verdict, { kind: "challenge", stale: true });
  const again = session(challenged(POLICY, true, NOW + NONCES.lifetimeMs), first);
  t.is(server()(signed(again), NOW + NONCES.lifetimeMs + 1).kind, "authenticated");
});

test("a client whose credentials were refused does not try them again, another realm it does", (t) => {
  const first = session(challenged());
  t.is(sessionFor(challenged(), first), undefined);
  t.is(session(challenged({ ...POLICY, realm: "next.example" }), first).realm, "next.example");
});

test("the nonce count goes up with each request, and one that came is refused", (t) => {
  const check = server();
  let current = session(challenged());
  for (let count = 1; count <= 3; count += 1) {
    const { header, session: next } = authorize(current, ALICE, INVITE, "c");
    const request = { ...INVITE, headers: [...INVITE.headers, header] };
    t.regex(header.value, new RegExp(`nc=0000000${count}`));
    t.is(check(request).kind, "authenticated");
    t.deepEqual(check(request), { kind: "challenge", stale: true });
    current = next;
  }
});

test("the server may name the next nonce", (t) => {
  const used = { ...session(challenged()), nonceCount: 5 };
  const headers = [{ name: "Authentication-Info", value: 'nextnonce="fresh", qop=auth' }];
  const next = afterAnswer(used, responseTo(INVITE, { status: 200, toTag: "x", headers }));
  t.deepEqual([next.nonce, next.nonceCount], ["fresh", 0]);
  t.is(afterAnswer(used, responseTo(INVITE, { status: 200, toTag: "x" })), used);
});

test("401 and 407 use headers of their own, and keep the opaque text", (t) => {
  const value = 'Digest realm="r", nonce="n", opaque="keep this"';
  const headers = [{ name: "WWW-Authenticate", value }];
  const found = session(responseTo(INVITE, { status: 401, toTag: "x", headers }));
  const { header } = authorize(found, ALICE, INVITE, "c");
  t.is(header.name, "Authorization");
  t.regex(header.value, /opaque="keep this"/);
  t.regex(header.value, /algorithm=MD5/);
});
