import { request } from "node:http";
import type { IncomingMessage } from "node:http";
import { ApplianceError } from "../appliance/errors.ts";
import { run } from "../appliance/system/command.ts";

/** The two Kamailios of a node, by the names that operators know. */
export const ENGINES = ["lb", "proxy"] as const;
export type EngineName = (typeof ENGINES)[number];

export const isEngine = (name: string | undefined): name is EngineName =>
  ENGINES.some((engine) => engine === name);

export interface Registration {
  /** `user@domain` */
  readonly address: string;
  readonly contact: string;
  /** Where it came from, `sip:ADDRESS:PORT`; empty when the contact says it. */
  readonly received: string;
  readonly userAgent: string;
  /** Until it ends without being renewed. */
  readonly leftSeconds: number;
}

/** A host of a peering that may get calls, as the database has it. */
export interface PeerHost {
  readonly id: string;
  readonly name: string;
  readonly group: string;
  /** `ADDRESS:PORT/TRANSPORT` */
  readonly address: string;
  /** Whether the proxy asks if it answers. */
  readonly probe: boolean;
}

/** What the tools ask of Kamailio. */
export interface EnginePort {
  /**
   * One call, answered as `kamcmd` prints it. An argument is a number when it looks like one; `s:` before it makes it
   * a string.
   *
   * @throws {EngineSilentError} when the engine does not run here
   * @throws {CallRefusedError} when it knows no such method or refuses the arguments
   */
  readonly call: (engine: EngineName, words: readonly string[]) => Promise<string>;
  /** The same, answered as JSON. */
  readonly callForJson: (engine: EngineName, words: readonly string[]) => Promise<unknown>;
  /** The registrations in the database, so on the standby node, too. */
  readonly registrations: () => Promise<readonly Registration[]>;
  /** Those that are enabled, in the order of their groups. */
  readonly peerHosts: () => Promise<readonly PeerHost[]>;
}

export class EngineSilentError extends ApplianceError {
  override readonly name = "EngineSilentError";
  readonly code = "NGCP_ENGINE_SILENT";

  constructor(engine: EngineName, options?: ErrorOptions) {
    super(`${engine} does not answer on this node; it runs on the active one`, options);
  }
}

export class CallRefusedError extends ApplianceError {
  override readonly name = "CallRefusedError";
  readonly code = "NGCP_CALL_REFUSED";

  constructor(engine: EngineName, method: string, words: string) {
    super(`${engine} refuses ${method}: ${words}`);
  }
}

const ANSWERS_WITHIN_MS = 10_000;
const PORT_OF: Readonly<Record<EngineName, number>> = { lb: 5060, proxy: 5062 };

const call = async (engine: EngineName, words: readonly string[]): Promise<string> => {
  const options = { timeoutMs: ANSWERS_WITHIN_MS, accept: [1, 255] };
  const control = `/run/ngcp-${engine}/ctl`;
  const { status, stdout, stderr } = await run("kamcmd", ["-s", control, ...words], options);
  const refusal = /^error: [0-9]+ - (.*)/m.exec(`${stdout}\n${stderr}`)?.[1];
  if (refusal !== undefined) throw new CallRefusedError(engine, words.join(" "), refusal);
  if (status !== 0) throw new EngineSilentError(engine, { cause: new Error(stderr) });
  return stdout;
};

/** As kamcmd reads an argument. */
const typed = (word: string): string | number => {
  if (word.startsWith("s:")) return word.slice(2);
  return /^-?[0-9]+(?:\.[0-9]+)?$/.test(word) ? Number(word) : word;
};

/** By node:http, for fetch refuses the ports of SIP. */
const post = async (port: number, body: string): Promise<string> => {
  const headers = { "Content-Length": Buffer.byteLength(body) };
  const signal = AbortSignal.timeout(ANSWERS_WITHIN_MS);
  const asked = request({
    host: "127.0.0.1",
    port,
    path: "/jsonrpc",
    method: "POST",
    headers,
    signal,
  });
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    asked.on("response", resolve).on("error", reject);
  });
  asked.end(body);
  const pieces: string[] = [];
  for await (const piece of (await answered).setEncoding("utf8")) pieces.push(String(piece));
  return pieces.join("");
};

const answerOf = async (engine: EngineName, call: object): Promise<unknown> => {
  try {
    return JSON.parse(await post(PORT_OF[engine], JSON.stringify(call))) as unknown;
  } catch (error) {
    throw new EngineSilentError(engine, { cause: error });
  }
};

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null;

const callForJson = async (engine: EngineName, words: readonly string[]): Promise<unknown> => {
  const [method = "", ...args] = words;
  const asked = { jsonrpc: "2.0", method, params: args.map(typed), id: 1 };
  const answer = await answerOf(engine, asked);
  if (isRecord(answer) && isRecord(answer["error"]))
    throw new CallRefusedError(engine, method, String(answer["error"]["message"]));
  return isRecord(answer) ? answer["result"] : answer;
};

const REGISTRATIONS =
  "select concat(username, '@', coalesce(domain, '')), contact, coalesce(received, ''), user_agent, " +
  "timestampdiff(second, now(), expires) from location where expires > now() order by username, domain, id";

/** The rows of an answer, each as its columns. */
const rowsOf = async (statement: string): Promise<readonly (readonly string[])[]> => {
  const args = ["--batch", "--skip-column-names", "kamailio", "-e", statement];
  const { stdout } = await run("mariadb", args, { timeoutMs: ANSWERS_WITHIN_MS });
  return stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => line.split("\t"));
};

const registrations = async (): Promise<readonly Registration[]> =>
  (await rowsOf(REGISTRATIONS)).map(
    ([address = "", contact = "", received = "", userAgent = "", left = ""]) => ({
      ...{ address, contact, received, userAgent },
      leftSeconds: Number(left),
    }),
  );

const PEER_HOSTS =
  "select id, name, group_name, concat(ip, ':', port, '/', transport), probe from peer_hosts order by priority, group_name, name";

const peerHosts = async (): Promise<readonly PeerHost[]> =>
  (await rowsOf(PEER_HOSTS)).map(([id = "", name = "", group = "", address = "", probe = "0"]) => ({
    ...{ id, name, group, address },
    probe: probe !== "0",
  }));

export const enginesOfThisNode: EnginePort = { call, callForJson, registrations, peerHosts };
