import { request as httpRequest } from "node:http";
import { ApplianceError } from "../../appliance/errors.ts";
import type {
  CommandAnswer,
  ComponentAnswer,
  ComponentStatus,
  MakeActiveRequest,
  MakeStandbyRequest,
  Status,
} from "./contract.ts";
import { CONTROL_SOCKET } from "./contract.ts";

/** What the daemon was asked for takes longer by itself; the answer has this much more time to arrive. */
const ANSWER_MARGIN_MS = 1_000;

export class DaemonNotRunningError extends ApplianceError {
  override readonly name = "DaemonNotRunningError";
  readonly code = "NGCP_DAEMON_NOT_RUNNING";

  constructor(socketPath: string, options?: ErrorOptions) {
    super(`ngcp-ha does not answer on ${socketPath}: it is not running on this node`, options);
  }
}

export class ControlDeniedError extends ApplianceError {
  override readonly name = "ControlDeniedError";
  readonly code = "NGCP_CONTROL_DENIED";

  constructor(socketPath: string, options?: ErrorOptions) {
    super(`${socketPath} may be used by root and by members of the group ngcp only`, options);
  }
}

export class ControlTimeoutError extends ApplianceError {
  override readonly name = "ControlTimeoutError";
  readonly code = "NGCP_CONTROL_TIMEOUT";

  constructor(path: string, timeoutMs: number) {
    super(`ngcp-ha did not answer ${path} within ${timeoutMs} ms: it runs, but it hangs`);
  }
}

export class ControlAnswerError extends ApplianceError {
  override readonly name = "ControlAnswerError";
  readonly code = "NGCP_CONTROL_ANSWER";

  constructor(path: string, problem: string, options?: ErrorOptions) {
    super(`ngcp-ha answered ${path} with ${problem}`, options);
  }
}

interface ControlRequest {
  readonly method: "GET" | "POST";
  /** E.g. `/v1/status`. */
  readonly path: string;
  readonly body?: unknown;
  /** The time that what is asked for may take, milliseconds. */
  readonly timeoutMs: number;
  readonly socketPath: string;
}

const connectionError = (error: NodeJS.ErrnoException, socketPath: string): ApplianceError => {
  const options = { cause: error };
  if (error.code === "EACCES" || error.code === "EPERM")
    return new ControlDeniedError(socketPath, options);
  if (error.code === "ENOENT" || error.code === "ECONNREFUSED")
    return new DaemonNotRunningError(socketPath, options);
  return new ControlAnswerError(socketPath, "a broken connection", options);
};

/**
 * Asks the daemon once and returns its answer as text.
 *
 * @throws {DaemonNotRunningError} when nobody listens on the socket
 * @throws {ControlDeniedError} when this user may not use it
 * @throws {ControlTimeoutError} when no answer came in time
 * @throws {ControlAnswerError} when the answer is no success, or broke off
 */
const askText = (asked: ControlRequest): Promise<string> =>
  new Promise((resolve, reject) => {
    const { socketPath } = asked;
    const waitMs = asked.timeoutMs + ANSWER_MARGIN_MS;
    const payload = asked.body === undefined ? undefined : JSON.stringify(asked.body);
    const request = httpRequest({
      socketPath,
      method: asked.method,
      path: asked.path,
      headers: payload === undefined ? {} : { "content-type": "application/json" },
      agent: false,
    });
    const timer = setTimeout(() => {
      request.destroy();
      reject(new ControlTimeoutError(asked.path, waitMs));
    }, waitMs);
    request.on("error", (error: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      reject(connectionError(error, socketPath));
    });
    request.on("response", (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", (cause) =>
        reject(new ControlAnswerError(asked.path, "an answer that broke off", { cause })),
      );
      response.on("end", () => {
        clearTimeout(timer);
        const text = Buffer.concat(chunks).toString("utf8");
        if (response.statusCode === 200) resolve(text);
        else reject(new ControlAnswerError(asked.path, `${String(response.statusCode)} ${text}`));
      });
    });
    request.end(payload);
  });

const ask = async <Answer>(asked: ControlRequest): Promise<Answer> => {
  const text = await askText(asked);
  try {
    return JSON.parse(text) as Answer;
  } catch (cause) {
    throw new ControlAnswerError(asked.path, "text that is no JSON", { cause });
  }
};

const STATUS_WITHIN_MS = 2_000;
const COMPONENT_WITHIN_MS = 30_000;

/** Each request of the contract as a function; all throw as `askText` does. */
export interface ControlClient {
  status(): Promise<Status>;
  /** Answers when it is done, refused or timed out. */
  makeActive(request: MakeActiveRequest): Promise<CommandAnswer>;
  makeStandby(request: MakeStandbyRequest): Promise<CommandAnswer>;
  releaseHold(): Promise<CommandAnswer>;
  components(): Promise<readonly ComponentStatus[]>;
  component(name: string, action: "start" | "stop" | "restart"): Promise<ComponentAnswer>;
  /** ngcpcfg has put something into force: the daemon looks at it before it answers. */
  lookAtConfiguration(): Promise<void>;
  /** The flight recorder, for ngcp-ha-replay. */
  recording(): Promise<string>;
}

export const connectControl = (socketPath: string = CONTROL_SOCKET): ControlClient => {
  const read = (path: string): ControlRequest => ({
    method: "GET",
    path,
    timeoutMs: STATUS_WITHIN_MS,
    socketPath,
  });
  const order = (path: string, body: unknown, timeoutMs: number): ControlRequest => ({
    method: "POST",
    path,
    body,
    timeoutMs,
    socketPath,
  });
  return {
    status: () => ask(read("/v1/status")),
    makeActive: (request) => ask(order("/v1/make-active", request, request.timeoutMs)),
    makeStandby: (request) => ask(order("/v1/make-standby", request, request.timeoutMs)),
    releaseHold: () => ask(order("/v1/release-hold", {}, STATUS_WITHIN_MS)),
    components: () => ask(read("/v1/components")),
    component: (name, action) =>
      ask(order(`/v1/components/${encodeURIComponent(name)}/${action}`, {}, COMPONENT_WITHIN_MS)),
    lookAtConfiguration: async () => {
      await ask(order("/v1/configuration", {}, STATUS_WITHIN_MS));
    },
    recording: () => askText(read("/v1/recording")),
  };
};
