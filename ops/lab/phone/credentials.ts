import { authorize, parseChallenge } from "./digest.ts";
import type { Challenge, Credentials } from "./digest.ts";
import { headerOf } from "./message.ts";
import type { Header, SipResponse } from "./message.ts";

/** Answers challenges, and uses the last nonce again for as long as the server takes it. */
export class Authenticator {
  readonly #credentials: Credentials;
  #challenge: Challenge | undefined;
  #header = "Authorization";
  #count = 0;

  constructor(credentials: Credentials) {
    this.#credentials = credentials;
  }

  /** Keeps the challenge of a 401 or 407; false when the response holds none. */
  learn(response: SipResponse): boolean {
    const proxy = response.status === 407;
    if (!proxy && response.status !== 401) return false;
    const challenge = parseChallenge(
      headerOf(response, proxy ? "Proxy-Authenticate" : "WWW-Authenticate"),
    );
    if (challenge === undefined) return false;
    this.#challenge = challenge;
    this.#header = proxy ? "Proxy-Authorization" : "Authorization";
    this.#count = 0;
    return true;
  }

  /** The header that a request of this method and URI carries; none before the first challenge. */
  headersFor(method: string, uri: string): readonly Header[] {
    if (this.#challenge === undefined) return [];
    this.#count += 1;
    const value = authorize(this.#credentials, this.#challenge, {
      method,
      uri,
      count: this.#count,
    });
    return [[this.#header, value]];
  }
}
