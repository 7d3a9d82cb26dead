import type Srf from "drachtio-srf";
import { deedOf, wishOf } from "./codes.ts";
import type { Codes, Deed } from "./codes.ts";
import type { Outcome } from "./outcome.ts";
import { answerWithoutMedia } from "./silence.ts";

/** What the application of the codes works with. */
export interface Ground {
  readonly codes: () => Codes;
  /** Does it for the subscriber with that UUID. */
  readonly perform: (uuid: string, deed: Deed) => Promise<Outcome>;
  readonly say: (sentence: string) => void;
}

/** The proxy says who has authenticated, and what was dialled, before any rule has changed it. */
const CALLER = "P-NGCP-Caller-Uuid";
const DIALLED = "P-NGCP-Dialled";

const headerOf = (request: Srf.SrfRequest, name: string): string =>
  request.has(name) ? request.get(name) : "";

/** Of a BYE: what was done, for whoever shows or looks at it (RFC 3326). */
const reasonOf = (sentence: string): string => `SIP;cause=200;text="${sentence}"`;

export const messageOf = (failure: unknown): string =>
  failure instanceof Error ? failure.message : "unknown";

/** The call is answered, taking none of its media, and ended with a word about what holds now. */
const confirm = async (
  srf: Srf,
  request: Srf.SrfRequest,
  response: Srf.SrfResponse,
  sentence: string,
): Promise<void> => {
  const localSdp = answerWithoutMedia(request.body);
  const headers = { Subject: sentence };
  const dialog = await srf.createUAS(request, response, { localSdp, headers });
  // A BYE before the ACK would be refused by some phones.
  dialog.on("ack", () => dialog.destroy({ headers: { Reason: reasonOf(sentence) } }));
};

const serve = async (
  srf: Srf,
  { codes, perform }: Ground,
  request: Srf.SrfRequest,
  response: Srf.SrfResponse,
): Promise<void> => {
  const wish = wishOf(headerOf(request, DIALLED), codes());
  if (wish === undefined) {
    response.send(404, "No Such Code", {});
    return;
  }
  const deed = deedOf(wish);
  if (deed === undefined) {
    response.send(484, "Address Incomplete", {});
    return;
  }
  const { status, sentence } = await perform(headerOf(request, CALLER), deed);
  if (status === 200) await confirm(srf, request, response, sentence);
  else response.send(status, sentence, {});
};

/** Serves the codes of vertical services: each is a call of the subscriber whom the proxy has authenticated. */
export const serveCodes = (srf: Srf, ground: Ground): void => {
  srf.invite((request, response) => {
    serve(srf, ground, request, response).catch((failure: unknown) => {
      ground.say(`a code could not be served: ${messageOf(failure)}`);
      // Nothing has changed; the caller may dial it again.
      if (!response.finalResponseSent) response.send(503, { headers: { "Retry-After": "5" } });
    });
  });
};
