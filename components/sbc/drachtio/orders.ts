import { draftOf } from "./draft.ts";
import type { RequestDraft, ResponseDraft } from "./draft.ts";

/** What an application says (drachtio-srf, lib/drachtio-agent.js): `ID|WORD|...`, with a SIP message below some. */
export type Order = { readonly id: string } & (
  | { readonly kind: "authenticate"; readonly secret: string; readonly tags: readonly string[] }
  /** It takes requests of this method, in lower case. */
  | { readonly kind: "route"; readonly verb: string }
  | { readonly kind: "removeRoute"; readonly verb: string }
  | { readonly kind: "ping" }
  | RequestOrder
  | ResponseOrder
  /** What is not served here. */
  | { readonly kind: "refused"; readonly reason: string }
);

interface RequestOrder {
  readonly kind: "request";
  readonly draft: RequestDraft;
  /** Of the request that a CANCEL is about; otherwise empty. */
  readonly transactionId: string;
  /** Empty for a request outside of a dialog. */
  readonly dialogId: string;
  /** A SIP URI: where the request goes first, whatever its own URI is. */
  readonly proxy: string | undefined;
}

interface ResponseOrder {
  readonly kind: "response";
  readonly draft: ResponseDraft;
  /** Of the request that is answered. */
  readonly transactionId: string;
}

/** Requests of an application, and responses. */
export type Sending = RequestOrder & { readonly id: string };
export type Answering = ResponseOrder & { readonly id: string };

const sipOrder = (id: string, words: readonly string[], text: string): Order => {
  const draft = draftOf(text);
  if (draft === undefined) return { id, kind: "refused", reason: "the SIP message is malformed" };
  const [transactionId = "", dialogId = "", proxy = ""] = words;
  return draft.kind === "response"
    ? { id, kind: "response", draft, transactionId }
    : {
        ...{ id, kind: "request", draft, transactionId, dialogId },
        proxy: proxy === "" ? undefined : proxy,
      };
};

/** The order in a payload; `undefined` for one that has not even an id to be refused by. */
export const orderOf = (payload: string): Order | undefined => {
  const end = payload.indexOf("\r\n");
  const leader = end < 0 ? payload : payload.slice(0, end);
  const [id = "", word = "", ...words] = leader.split("|");
  if (id === "") return undefined;
  const [first = "", second = ""] = words;
  switch (word) {
    case "authenticate":
      return { id, kind: word, secret: first, tags: second.split(",").filter((tag) => tag !== "") };
    case "route":
      return first.startsWith("cdr:")
        ? { id, kind: "refused", reason: "records of calls are those of ngcp-cdr" }
        : { id, kind: "route", verb: first.toLowerCase() };
    case "remove_route":
      return { id, kind: "removeRoute", verb: first.toLowerCase() };
    case "ping":
      return { id, kind: "ping" };
    case "sip":
      return sipOrder(id, words, end < 0 ? "" : payload.slice(end + 2));
    default:
      return { id, kind: "refused", reason: `"${word}" is not served here` };
  }
};
