import { createSocket } from "node:dgram";
import type { RemoteInfo, Socket } from "node:dgram";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { challengesOf, verify } from "../../../components/sbc/sip/digest-server.ts";
import type { DigestPolicy } from "../../../components/sbc/sip/digest-server.ts";
import { ha1Of } from "../../../components/sbc/sip/digest.ts";
import type { DigestAlgorithm } from "../../../components/sbc/sip/digest.ts";
import { headerValue } from "../../../components/sbc/sip/header.ts";
import type { Header } from "../../../components/sbc/sip/header.ts";
import type { SipRequest, SipResponse } from "../../../components/sbc/sip/message.ts";
import { NonceCounts, makeNonce } from "../../../components/sbc/sip/nonce.ts";
import { parseMessage } from "../../../components/sbc/sip/parse.ts";
import { responseTo } from "../../../components/sbc/sip/responses.ts";
import { serialize } from "../../../components/sbc/sip/serialize.ts";
import { parseUri } from "../../../components/sbc/sip/uri.ts";
import { uniqueBranch } from "../../../components/sbc/sip/via.ts";

const REALM = "isp.invalid";

/** A REGISTER that was no repetition, and when it came, in milliseconds of the wall clock. */
export interface Arrival {
  readonly user: string;
  readonly request: SipRequest;
  readonly at: number;
  readonly status: number;
}

/** What a registrar answers in place of what it usually does. */
type Refusal = (
  user: string,
) => { readonly status: number; readonly headers?: readonly Header[] } | undefined;

export const userOf = ({ to }: SipRequest): string => {
  const uri = parseUri(to.uri);
  return uri?.kind === "sip" ? (uri.user ?? "") : "";
};

/** The registrar of a peer: asks for a password, keeps bindings, and refuses what RFC 3261 section 10.3 has it refuse. */
export class Registrar {
  readonly port: number;
  readonly arrivals: Arrival[] = [];
  /** By user: the contact, and who has registered it. */
  readonly bindings = new Map<string, { contact: string; callId: string; sequence: number }>();
  /** REGISTERs of one Call-ID whose number was not higher than that of the one before. */
  backwards = 0;
  /** What it grants, in seconds. */
  granted = 600;
  refusal: Refusal = () => undefined;
  readonly #socket: Socket;
  readonly #passwords: (user: string) => string;
  readonly #policy: DigestPolicy;
  readonly #counts: NonceCounts;
  readonly #answered = new Map<string, SipResponse>();
  readonly #sequences = new Map<string, number>();

  private constructor(
    socket: Socket,
    algorithms: readonly DigestAlgorithm[],
    passwords: (user: string) => string,
  ) {
    this.#socket = socket;
    this.port = socket.address().port;
    this.#passwords = passwords;
    const nonces = { secret: randomBytes(32), lifetimeMs: 3_600_000 };
    this.#policy = { realm: REALM, algorithms, qops: ["auth"], proxy: false, nonces };
    this.#counts = new NonceCounts(nonces);
    socket.on("message", (bytes: Buffer, from: RemoteInfo) => this.#receive(bytes, from));
  }

  static async open(
    algorithms: readonly DigestAlgorithm[],
    passwords: (user: string) => string,
  ): Promise<Registrar> {
    const socket = createSocket({ type: "udp4", recvBufferSize: 8 * 1024 * 1024 });
    socket.bind(0, "127.0.0.1");
    await once(socket, "listening");
    return new Registrar(socket, algorithms, passwords);
  }

  close(): void {
    this.#socket.close();
  }

  of(user: string): readonly Arrival[] {
    return this.arrivals.filter((arrival) => arrival.user === user);
  }

  #receive(bytes: Buffer, from: RemoteInfo): void {
    const request = parseMessage(bytes);
    if (request.kind !== "request" || request.method !== "REGISTER") return;
    const branch = uniqueBranch(request.vias[0]) ?? "";
    const answer = this.#answered.get(branch) ?? this.#answer(request);
    this.#answered.set(branch, answer);
    this.#socket.send(serialize(answer), from.port, from.address);
  }

  #answer(request: SipRequest): SipResponse {
    const user = userOf(request);
    const { status, headers = [] } = this.#judge(user, request);
    this.arrivals.push({ user, request, at: Date.now(), status });
    return responseTo(request, { status, toTag: "registrar", headers });
  }

  #judge(
    user: string,
    request: SipRequest,
  ): { readonly status: number; readonly headers?: readonly Header[] } {
    const { callId, cseq } = request;
    if (cseq.sequence <= (this.#sequences.get(callId) ?? 0)) this.backwards += 1;
    this.#sequences.set(callId, cseq.sequence);
    const refusal = this.refusal(user);
    if (refusal !== undefined) return refusal;
    const verdict = verify(
      request,
      this.#policy,
      {
        secretOf: (username, algorithm) =>
          ha1Of(algorithm, { username, realm: REALM, password: this.#passwords(username) }),
        counts: this.#counts,
      },
      Date.now(),
    );
    if (verdict.kind !== "authenticated" || verdict.username !== user)
      return {
        status: 401,
        headers: this.#challenges(verdict.kind === "challenge" && verdict.stale),
      };
    return this.#bind(user, request);
  }

  #challenges(stale: boolean): readonly Header[] {
    const nonce = makeNonce(this.#policy.nonces, REALM, Date.now(), randomBytes(8));
    return challengesOf(this.#policy, nonce, stale);
  }

  #bind(user: string, request: SipRequest) {
    const contact = headerValue(request, "Contact") ?? "";
    const { callId, cseq } = request;
    if (headerValue(request, "Expires") === "0") {
      this.bindings.delete(user);
      return { status: 200 };
    }
    this.bindings.set(user, { contact, callId, sequence: cseq.sequence });
    const value = `${contact};expires=${this.granted}`;
    return { status: 200, headers: [{ name: "Contact", value }] };
  }
}
