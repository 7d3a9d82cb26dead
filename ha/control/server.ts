import { chmodSync, chownSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { Readable } from "node:stream";
import type { FastifyInstance } from "fastify";
import { fastify } from "fastify";
import type { Command } from "../core/event.ts";
import type { ComponentAction } from "./component-orders.ts";
import { COMPONENT_ACTIONS } from "./component-orders.ts";
import type { CommandAnswer, ComponentAnswer, ComponentStatus, Status } from "./contract.ts";

/** Commands are waited for so long when the asker does not say. */
const DEFAULT_TIMEOUT_MS = 60_000;
const LONGEST_TIMEOUT_MS = 600_000;

export interface ServerParts {
  readonly status: () => Promise<Status>;
  readonly submit: (command: Command, timeoutMs: number) => Promise<CommandAnswer>;
  readonly components: () => Promise<readonly ComponentStatus[]>;
  readonly order: (name: string, action: ComponentAction) => Promise<ComponentAnswer>;
  readonly recording: () => AsyncIterable<string>;
  readonly lookAtConfiguration: () => Promise<void>;
}

const asObject = (body: unknown): Readonly<Record<string, unknown>> =>
  typeof body === "object" && body !== null ? (body as Readonly<Record<string, unknown>>) : {};

const timeoutOf = (body: unknown): number => {
  const { timeoutMs } = asObject(body);
  return typeof timeoutMs === "number" && timeoutMs > 0
    ? Math.min(timeoutMs, LONGEST_TIMEOUT_MS)
    : DEFAULT_TIMEOUT_MS;
};

const isSet = (body: unknown, key: string): boolean => asObject(body)[key] === true;

const isAction = (word: string | undefined): word is ComponentAction =>
  COMPONENT_ACTIONS.some((action) => action === word);

const addRoutes = (server: FastifyInstance, parts: ServerParts): void => {
  server.get("/v1/status", () => parts.status());
  server.get("/v1/components", () => parts.components());
  server.get("/v1/recording", (_request, reply) =>
    reply.type("text/plain; charset=utf-8").send(Readable.from(parts.recording())),
  );
  server.post("/v1/make-active", ({ body }) =>
    parts.submit({ kind: "makeActive", force: isSet(body, "force") }, timeoutOf(body)),
  );
  server.post("/v1/make-standby", ({ body }) =>
    parts.submit(
      { kind: "makeStandby", force: isSet(body, "force"), hold: isSet(body, "hold") },
      timeoutOf(body),
    ),
  );
  server.post("/v1/configuration", async () => {
    await parts.lookAtConfiguration();
    return {};
  });
  server.post("/v1/release-hold", ({ body }) =>
    parts.submit({ kind: "releaseHold" }, timeoutOf(body)),
  );
  server.post<{ Params: { name: string; action: string } }>(
    "/v1/components/:name/:action",
    async ({ params }, reply) =>
      isAction(params.action) ? parts.order(params.name, params.action) : reply.code(404).send({}),
  );
};

/** The number of a group of this machine, from /etc/group; undefined when it has none of that name. */
const groupId = (name: string): number | undefined => {
  const line = readFileSync("/etc/group", "utf8")
    .split("\n")
    .find((candidate) => candidate.startsWith(`${name}:`));
  const id = Number(line?.split(":")[2]);
  return Number.isInteger(id) ? id : undefined;
};

const noSchemas = (): never => {
  throw new Error("a route was given a schema: fastify needs its compilers again");
};

/** No route has a schema, and the compilers of schemas take 5 MB of memory where they are only loaded. */
const NO_COMPILERS = { buildValidator: noSchemas, buildSerializer: noSchemas };

/**
 * Answers the tools on a socket that root and the members of `group` may use: the mode of the file is the
 * authentication. A socket that a killed daemon left behind is taken over.
 *
 * @returns what ends it
 */
export const serve = async (
  parts: ServerParts,
  socketPath: string,
  group: string,
): Promise<() => Promise<void>> => {
  const server = fastify({
    logger: false,
    forceCloseConnections: true,
    schemaController: { compilersFactory: NO_COMPILERS },
  });
  addRoutes(server, parts);
  mkdirSync(dirname(socketPath), { recursive: true, mode: 0o755 });
  rmSync(socketPath, { force: true });
  // Until chmod only its owner may write to it, and so connect: the usual umask sees to that.
  await server.listen({ path: socketPath });
  const id = groupId(group);
  if (id !== undefined) chownSync(socketPath, 0, id);
  chmodSync(socketPath, 0o660);
  return () => server.close();
};
