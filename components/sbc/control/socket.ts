import { createSocket } from "node:dgram";
import type { RemoteInfo, Socket } from "node:dgram";
import { z } from "zod";
import { ApplianceError } from "../../../appliance/errors.ts";
import type { Endpoint } from "../sip/via.ts";
import { SipSocketError } from "../transport.ts";
import type { ControlAnswer, ControlRequest } from "./contract.ts";
import type { Orders } from "./orders.ts";

const id = z.string().max(64);
const call = z.string().max(64);
const Request: z.ZodType<ControlRequest> = z.discriminatedUnion("command", [
  z.strictObject({ id, command: z.literal("calls"), after: z.string().max(64).optional() }),
  z.strictObject({ id, command: z.literal("show"), call }),
  z.strictObject({ id, command: z.literal("kill"), call }),
  z.strictObject({ id, command: z.literal("stats") }),
  z.strictObject({
    id,
    command: z.literal("registrations"),
    skip: z.int().min(0).optional(),
  }),
  z.strictObject({ id, command: z.literal("reload") }),
]);

const Named = z.object({ id });

const refusal = (to: unknown, message: string): ControlAnswer => ({
  id: Named.safeParse(to).data?.id ?? "",
  ok: false,
  code: "NGCP_SBC_ORDER",
  message,
});

const valueOf = (bytes: Buffer): unknown => {
  try {
    return JSON.parse(bytes.toString());
  } catch {
    return undefined;
  }
};

const answerTo = (orders: Orders, request: ControlRequest): ControlAnswer => {
  try {
    return { id: request.id, ok: true, result: orders.carryOut(request) };
  } catch (error) {
    if (!(error instanceof ApplianceError)) throw error;
    return { id: request.id, ok: false, code: error.code, message: error.message };
  }
};

/**
 * Takes orders on a UDP port: a datagram of JSON each way.
 *
 * @throws {SipSocketError} when the port cannot be bound
 */
export const listenForOrders = (at: Endpoint, orders: Orders): Promise<Socket> => {
  const socket = createSocket("udp4");
  socket.on("message", (bytes: Buffer, from: RemoteInfo) => {
    const value = valueOf(bytes);
    const { data } = Request.safeParse(value);
    const answer =
      data === undefined
        ? refusal(value, "the datagram is no order; ngcp-sbc sends those that there are")
        : answerTo(orders, data);
    const send = (text: ControlAnswer, failed: () => void): void =>
      socket.send(JSON.stringify(text), from.port, from.address, (error) => {
        if (error !== null) failed();
      });
    // Who asked and does not listen any more has given up.
    send(answer, () =>
      send(refusal(value, "the answer does not fit into a datagram"), () => undefined),
    );
  });
  return new Promise((resolve, reject) => {
    socket.on("error", (error) => reject(new SipSocketError(at, error.message, { cause: error })));
    socket.bind({ address: at.address, port: at.port }, () => resolve(socket));
  });
};
