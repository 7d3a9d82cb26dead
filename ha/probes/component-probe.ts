import { randomBytes } from "node:crypto";
import type { HealthProbe } from "../../components/component.ts";
import type { CachePort, DatabasePort } from "../effects/ports.ts";
import type { Questions } from "./questions.ts";

/** The local stores, as far as a probe needs them. */
export interface StorePings {
  readonly database: Pick<DatabasePort, "ping">;
  readonly cache: Pick<CachePort, "ping">;
}

/** What components are asked through. */
export interface ProbeMeans extends StorePings {
  readonly questions: Questions;
}

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

const askSip = (probe: SipProbe, questions: Questions): Promise<void> => {
  const callId = token();
  return questions.ask({
    host: probe.host,
    port: probe.port,
    datagram: (localPort) => options(probe, callId, localPort),
    accepts: (answer) => answer.includes(callId) && isOurAnswer(answer, probe.server),
    timeoutMs: probe.timeoutMs,
  });
};

const askRtpengine = (
  probe: Extract<HealthProbe, { kind: "ngPing" }>,
  questions: Questions,
): Promise<void> => {
  const cookie = token();
  return questions.ask({
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
export const askComponent = (probe: HealthProbe, means: ProbeMeans): Promise<void> => {
  switch (probe.kind) {
    case "sipOptions":
      return askSip(probe, means.questions);
    case "ngPing":
      return askRtpengine(probe, means.questions);
    case "sqlPing":
      return means.database.ping(probe.timeoutMs);
    case "redisPing":
      return means.cache.ping(probe.timeoutMs);
  }
};
