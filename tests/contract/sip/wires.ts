import { authorize, parseChallenge } from "../../../ops/lab/phone/digest.ts";
import { DOMAIN, SHARED } from "./appliance.ts";
import { Lan, requestText } from "./line.ts";
import type { EngineNode } from "./node.ts";

/** A node whose engines all run, with the subscribers of the LAN. */
export const openActiveNode = async (
  node: EngineNode,
  furnish?: (root: string) => Promise<unknown>,
): Promise<void> => {
  await node.boot(furnish);
  await node.setRole("active", "open");
  await node.redis("replicaof no one");
  await node.holdAddresses(true);
  await node.run("systemctl start ngcp-active.target ngcp-rtpengine");
  await node.openDatabase();
  await node.provision(Lan.subscribers());
};

const openWire = (
  lan: Lan,
  wire: string,
  transport: "udp" | "tcp" | "tls",
  local: { readonly address: string; readonly port: number },
): Promise<null> =>
  lan.phones.ask({
    kind: "openWire",
    wire,
    options: {
      transport,
      local,
      server: { address: SHARED.v4, port: transport === "tls" ? 5061 : 5060 },
    },
  });

/** Opens a socket of `address` that speaks to the load-balancer. */
export const open = (
  lan: Lan,
  wire: string,
  address: string,
  transport: "udp" | "tcp" | "tls" = "udp",
): Promise<null> => openWire(lan, wire, transport, { address, port: 0 });

/** Opens the socket that a peer, or a phone that is not one of the LAN's, is reached at. */
export const openAt = (lan: Lan, wire: string, address: string, port = 5060): Promise<null> =>
  openWire(lan, wire, "udp", { address, port });

export const say = async (lan: Lan, wire: string, messages: readonly string[]): Promise<void> => {
  for (const message of messages) await lan.phones.ask({ kind: "sendWire", wire, message });
};

/** Sends a request (base64), and says what is answered to it: an INVITE before it may be answered again and again. */
export const ask = async (lan: Lan, wire: string, request: string): Promise<string> => {
  await say(lan, wire, [request]);
  const [, id = ""] = /^Call-ID: (.*)\r$/m.exec(Buffer.from(request, "base64").toString()) ?? [];
  const wanted = `^SIP/2.0 [2-6][^]*Call-ID: ${id}\r`;
  return lan.phones.ask({ kind: "heard", wire, wanted, withinMs: 2000 });
};

export const statusOf = (answer: string): number =>
  Number(/^SIP\/2\.0 ([0-9]{3}) /.exec(answer)?.[1] ?? 0);

export const dump = (node: EngineNode, table: string): Promise<string> =>
  node.run(`kamcmd -s /run/ngcp-lb/ctl htable.dump ${table}`);

interface Attempt {
  readonly from: string;
  readonly user?: string;
  /** Whom it registers; the user itself when it is left out. */
  readonly address?: string;
  /** Of From, where that is not the LAN's. */
  readonly domain?: string;
  /** Of every request; one of its own for each when it is left out. */
  readonly callId?: string;
  /** Without one the request carries no credentials. */
  readonly password?: string;
  /** Instead of the one of the challenge. */
  readonly nonce?: string;
  /** Where the phone says that it is. */
  readonly contact?: string;
  /** Seconds; 600 when it is left out. */
  readonly expires?: number;
  readonly transport?: "UDP" | "TCP" | "TLS";
  /** A text message to this URI instead of a registration. */
  readonly message?: string;
  /** Of that message; MESSAGE when it is left out. */
  readonly method?: string;
  readonly headers?: readonly string[];
}

const requestOf = (what: Attempt): { method: string; uri: string; contact: readonly string[] } => {
  const { from, user = "a", address = user, expires = 600 } = what;
  const { contact = `sip:${address}@${from}:5999` } = what;
  const line = `Contact: <${contact}>;expires=${expires}`;
  return what.message === undefined
    ? { method: "REGISTER", uri: `sip:${DOMAIN}`, contact: [line] }
    : { method: what.method ?? "MESSAGE", uri: what.message, contact: [] };
};

const CHALLENGE = /^(WWW|Proxy)-Authenticate: (.*)\r$/m;

/** Registers over a wire, with one challenge before when there is a password, and answers the last answer. */
export const attempt = async (lan: Lan, wire: string, what: Attempt): Promise<string> => {
  const { from, user = "a", address = user, password, transport } = what;
  const { method, uri, contact } = requestOf(what);
  const ask = async (headers: readonly string[]): Promise<string> => {
    const all = [...contact, ...(what.headers ?? []), ...headers];
    const over = {
      ...(transport === undefined ? {} : { transport }),
      ...(what.domain === undefined ? {} : { domain: what.domain }),
      ...(what.callId === undefined ? {} : { callId: what.callId }),
    };
    const text = requestText({ uri, from, method, user: address, headers: all, ...over });
    await say(lan, wire, [text]);
    return lan.phones.ask({ kind: "heard", wire, wanted: "^SIP/2.0 [2-6]", withinMs: 3000 });
  };
  const challenged = await ask([]);
  const [, by = "", header = ""] = CHALLENGE.exec(challenged) ?? [];
  const challenge = parseChallenge(header);
  if (password === undefined || challenge === undefined) return challenged;
  const { nonce = challenge.nonce } = what;
  const request = { method, uri, count: 1 };
  const value = authorize({ user, password }, { ...challenge, nonce }, request);
  return ask([`${by === "WWW" ? "" : "Proxy-"}Authorization: ${value}`]);
};

const KEPT = /^(?:Via|From|To|Call-ID|CSeq|Record-Route):/;

/** An answer to `request`, base64, as a phone gives it; `body` is SDP. */
export const answerText = (
  request: string,
  status: string,
  more: readonly string[],
  body = "",
): string => {
  const copied = request
    .split("\r\n")
    .filter((line) => KEPT.test(line))
    .map((line) => (/^To:(?!.*;tag=)/.test(line) ? `${line};tag=answered` : line));
  const described = body === "" ? [] : ["Content-Type: application/sdp"];
  const length = `Content-Length: ${Buffer.byteLength(body)}`;
  const lines = [`SIP/2.0 ${status}`, ...copied, ...more, ...described, length, "", body];
  return Buffer.from(lines.join("\r\n")).toString("base64");
};
