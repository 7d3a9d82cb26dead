import { XmlRpcFault, XmlRpcServer } from "@foxglove/xmlrpc";
import type { XmlRpcValue } from "@foxglove/xmlrpc";
import { HttpServerNodejs } from "@foxglove/xmlrpc/nodejs";
import { ApplianceError } from "../../../appliance/errors.ts";
import type { Endpoint } from "../sip/via.ts";
import { SipSocketError } from "../transport.ts";
import type { Orders } from "./orders.ts";

/** Fault codes: of an order that cannot be carried out, and of parameters that are none (as xmlrpc-epi has them). */
const REFUSED = 1;
const WRONG_PARAMETERS = -32_602;

const textAt = (params: readonly XmlRpcValue[], index: number): string => {
  const value = params[index];
  if (typeof value === "string") return value;
  throw new XmlRpcFault(`parameter ${index + 1} is to be a string`, WRONG_PARAMETERS);
};

const countAt = (params: readonly XmlRpcValue[], index: number): number => {
  const value = params[index];
  if (typeof value === "number" && Number.isInteger(value) && value >= 0) return value;
  throw new XmlRpcFault(`parameter ${index + 1} is to be a number of lines`, WRONG_PARAMETERS);
};

/** Milliseconds since 1970 are more than an integer of XML-RPC holds: instants are dates. What is absent is left out. */
const valueOf = (value: unknown, name = ""): XmlRpcValue => {
  if (Array.isArray(value)) return value.map((each) => valueOf(each));
  if (typeof value === "number" && name.endsWith("At")) return new Date(value);
  if (typeof value !== "object" || value === null) return value as XmlRpcValue;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .map(([key, member]) => [key, valueOf(member, key)]),
  );
};

type Method = (orders: Orders, params: readonly XmlRpcValue[]) => unknown;

const METHODS: Readonly<Record<string, Method>> = {
  calls: (orders) => orders.stats().calls,
  get_calls: (orders, params) => orders.calls(params.length === 0 ? "" : textAt(params, 0)),
  // The record as it is in Redis: JSON.
  show: (orders, params) => JSON.stringify(orders.show(textAt(params, 0))),
  disconnect: (orders, params) => orders.kill(textAt(params, 0)).call,
  registrations: (orders) => orders.registrationCount(),
  get_registrations: (orders, params) =>
    orders.registrations(params.length === 0 ? 0 : countAt(params, 0)),
  stats: (orders) => orders.stats(),
  reload: (orders) => orders.carryOut({ command: "reload" }),
  getLoadedProfiles: (orders) => orders.profiles(),
};

const carryOut = (method: Method, orders: Orders, params: readonly XmlRpcValue[]): XmlRpcValue => {
  try {
    return valueOf(method(orders, params));
  } catch (error) {
    if (error instanceof ApplianceError) throw new XmlRpcFault(error.message, REFUSED);
    throw error;
  }
};

/**
 * Takes orders as XML-RPC over HTTP; lists of calls and of registrations come in pages, as with `ngcp-sbc`.
 *
 * @returns the port
 * @throws {SipSocketError} when the port cannot be bound
 */
export const listenForXmlRpc = async (at: Endpoint, orders: Orders): Promise<number> => {
  const server = new XmlRpcServer(new HttpServerNodejs());
  for (const [name, method] of Object.entries(METHODS))
    server.setHandler(name, (_name, params) => Promise.resolve(carryOut(method, orders, params)));
  try {
    await server.listen(at.port, at.address);
  } catch (error) {
    const reason = error instanceof Error ? error.message : "unknown";
    throw new SipSocketError(at, reason, { cause: error, protocol: "TCP" });
  }
  return server.port() ?? at.port;
};
