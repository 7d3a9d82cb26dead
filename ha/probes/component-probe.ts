import { createSocket } from "node:dgram";
import { randomBytes } from "node:crypto";
import { ApplianceError } from "../../appliance/errors.ts";
import type { HealthProbe } from "../../components/component.ts";
import type { CachePort, DatabasePort } from "../effects/ports.ts";

export class ProbeUnansweredError extends ApplianceError {
  override readonly name = "ProbeUnansweredError";
  readonly code = "NGCP_PROBE_UNANSWERED";

  constructor(what: string, problem: string, options?: ErrorOptions) {
    super(`${what} ${problem}`, options);
  }
}

/** The local stores, as far as a probe needs them. */
export interface StorePings {
  readonly database: Pick<DatabasePort, "ping">;
  readonly cache: Pick<CachePort, "ping">;
}

interface Question {
  readonly host: string;
  readonly port: number;
  /** Made when the local port is known. */
  readonly datagram: (localPort: number) => string;
  /** Whether an answer is the right one; others are ignored. */
  readonly accepts: (answer: string) => boolean;
  readonly timeoutMs: number;
}

/** Asks once over UDP, from a port of its own. Connected, so that a closed port is known at once. */
const askOnce = (question: Question): Promise<void> =>
  new Promise((resolve, reject) => {
    const what = `${question.host}:${question.port}`;
    const socket = createSocket(question.host.includes(":") ? "udp6" : "udp4");
    const finish = (error: ProbeUnansweredError | undefined): void => {
      clearTimeout(timer);
      socket.close();
      if (error === undefined) resolve();
      else reject(error);
    };
    const timer = setTimeout(
      () =>
        finish(new ProbeUnansweredError(what, `did not answer within ${question.timeoutMs} ms`)),
      question.timeoutMs,
    );
    socket.on("error", (cause: NodeJS.ErrnoException) =>
      finish(new ProbeUnansweredError(what, `cannot be asked (${cause.code ?? ""})`, { cause })),
    );
    socket.on("message", (answer) => {
      if (question.accepts(answer.toString("utf8"))) finish(undefined);
    });
    socket.connect(question.port, question.host, () => {
      socket.send(question.datagram(socket.address().port));
    });
  });

type SipProbe = Extract<HealthProbe, { kind: "sipOptions" }>;

const token = (): string => randomBytes(6).toString("hex");

/** Without a user part, which lb and proxy answer themselves. */
const options = (probe: SipProbe, callId: string, localPort: number): string =>
  [
    `OPTIONS sip:${probe.host}:${probe.port} SIP/2.0`,
    `Via: SIP/2.0/UDP ${probe.host}:${localPort};branch=z9hG4bK${token()};rport`,
    "Max-Forwards: 10",
    `From: <sip:ngcp-ha@${probe.host}>;tag=${token()}`,
    `To: <sip:${probe.host}:${probe.port}>`,
    `Call-ID: ${callId}`,
    "CSeq: 1 OPTIONS",
    "User-Agent: ngcp-ha",
    "Content-Length: 0",
    "",
    "",
  ].join("\r\n");

/** A success from our own server: another SIP server on the port (Debian's kamailio) is not ours. */
export const isOurAnswer = (answer: string, server: string): boolean => {
  const [statusLine = "", ...headers] = answer.split("\r\n");
  const named = headers.find((line) => /^server\s*:/i.test(line)) ?? "";
  return (
    /^SIP\/2\.0 2\d\d /.test(statusLine) &&
    named
      .slice(named.indexOf(":") + 1)
      .trim()
      .startsWith(server)
  );
};

const askSip = (probe: SipProbe): Promise<void> => {
  const callId = token();
  return askOnce({
    host: probe.host,
    port: probe.port,
    datagram: (localPort) => options(probe, callId, localPort),
    accepts: (answer) => answer.includes(callId) && isOurAnswer(answer, probe.server),
    timeoutMs: probe.timeoutMs,
  });
};

const askRtpengine = (probe: Extract<HealthProbe, { kind: "ngPing" }>): Promise<void> => {
  const cookie = token();
  return askOnce({
    host: probe.host,
    port: probe.port,
    datagram: () => `${cookie} d7:command4:pinge`,
    accepts: (answer) => answer === `${cookie} d6:result4:ponge`,
    timeoutMs: probe.timeoutMs,
  });
};

/**
 * Asks a component once whether it serves.
 *
 * @throws {ApplianceError} when it does not answer as it should within the time of its descriptor
 */
export const askComponent = (probe: HealthProbe, stores: StorePings): Promise<void> => {
  switch (probe.kind) {
    case "sipOptions":
      return askSip(probe);
    case "ngPing":
      return askRtpengine(probe);
    case "sqlPing":
      return stores.database.ping(probe.timeoutMs);
    case "redisPing":
      return stores.cache.ping(probe.timeoutMs);
  }
};
