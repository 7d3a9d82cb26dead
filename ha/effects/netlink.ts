import { getSystemErrorName } from "node:util";

import type { NetlinkSocket } from "netlink/dist/netlink.js";
import { createNetlink } from "netlink/dist/netlink.js";

import { InterfaceMissingError, NetlinkRefusedError } from "./network-errors.ts";
import type { AddressChange, AddressEntry, LinkState, NeighbourEntry } from "./rtnetlink.ts";
import type { NeighbourQuery } from "./rtnetlink.ts";
import * as rt from "./rtnetlink.ts";

/** What the kernel tells by itself. */
export type NetworkChange =
  | { readonly kind: "linkChanged"; readonly link: LinkState }
  | { readonly kind: "linkRemoved"; readonly device: string }
  | { readonly kind: "addressesChanged" }
  /** The kernel had more to tell than the socket could hold: look at everything again. */
  | { readonly kind: "changesLost" };

const NETLINK_ROUTE = 0;
const NLMSG_ERROR = 2;
const FLAG = { dump: 0x300, create: 0x400, exclusive: 0x200 } as const;
/** The kernel answers in the call itself; this only bounds a kernel that does not. */
const TIMEOUT_MS = 1_000;

interface Request {
  readonly type: number;
  readonly data: Buffer;
  readonly flags?: number;
  /** Completes `the kernel refused to ...`. */
  readonly what: string;
}

interface Reply {
  readonly type: number;
  readonly data: Buffer;
}

const errnoOf = (reply: Reply): string | undefined => {
  if (reply.type !== NLMSG_ERROR) return undefined;
  const errno = reply.data.readInt32LE(0);
  return errno === 0 ? undefined : getSystemErrorName(errno);
};

const isText = (value: string | undefined): value is string => value !== undefined;

/** The kernel's network configuration, in process. One socket asks; watchers have one each. */
export class Netlink {
  readonly #socket: NetlinkSocket = createNetlink(NETLINK_ROUTE);
  /** For lists alone: the answer to another request between two parts of a list would end the list early. */
  readonly #lists: NetlinkSocket = createNetlink(NETLINK_ROUTE);
  #listing: Promise<unknown> = Promise.resolve();

  constructor() {
    // A reply that was lost ends in the timeout of its request.
    this.#socket.on("error", () => undefined);
    this.#lists.on("error", () => undefined);
  }

  close(): void {
    this.#socket.close();
    this.#lists.close();
  }

  /** @throws {InterfaceMissingError} when there is no such device */
  async link(device: string): Promise<LinkState> {
    const { replies, errno } = await this.#ask({
      type: rt.RTM.getLink,
      data: rt.linkQuery(device),
      what: `show ${device}`,
    });
    if (errno === "ENODEV") throw new InterfaceMissingError(device);
    const link = replies[0] === undefined ? undefined : rt.readLink(replies[0].data);
    if (link === undefined) throw new NetlinkRefusedError(`show ${device}`, errno ?? "ENODATA");
    return link;
  }

  /** Every address of this node. */
  async addresses(): Promise<readonly AddressEntry[]> {
    const request = {
      type: rt.RTM.getAddress,
      data: rt.addressQuery(),
      flags: FLAG.dump,
      what: "list the addresses",
    };
    // The kernel gives one list at a time to a socket, and answers "busy" to who asks for another.
    const list = this.#listing.then(() => this.#must(request, this.#lists));
    this.#listing = list.catch(() => undefined);
    return (await list).flatMap(({ data }) => rt.readAddress(data) ?? []);
  }

  /** @returns false when it was there already */
  async addAddress(change: AddressChange, what: string): Promise<boolean> {
    const errno = await this.#unless("EEXIST", {
      type: rt.RTM.newAddress,
      data: rt.addressToAdd(change),
      flags: FLAG.create | FLAG.exclusive,
      what: `add ${what}`,
    });
    return errno === undefined;
  }

  /** @returns false when it was not there */
  async removeAddress(change: AddressChange, what: string): Promise<boolean> {
    const errno = await this.#unless("EADDRNOTAVAIL", {
      type: rt.RTM.delAddress,
      data: rt.addressToRemove(change),
      what: `remove ${what}`,
    });
    return errno === undefined;
  }

  /** Sets how long the kernel waits between two questions for a neighbour on one device. */
  async setRetransmitTime(family: rt.Family, index: number, ms: number): Promise<void> {
    await this.#must({
      type: rt.RTM.setNeighbourTable,
      data: rt.retransmitTime(family, index, ms),
      what: "set the retransmit time of neighbour probes",
    });
  }

  /** What the kernel knows of one neighbour now. */
  async neighbour(query: NeighbourQuery): Promise<NeighbourEntry | undefined> {
    const { replies, errno } = await this.#ask({
      type: rt.RTM.getNeighbour,
      data: rt.neighbour(query),
      what: "show a neighbour",
    });
    const [reply] = replies;
    return errno !== undefined || reply === undefined ? undefined : rt.readNeighbour(reply.data);
  }

  async forgetNeighbour(query: NeighbourQuery): Promise<void> {
    await this.#unless("ENOENT", {
      type: rt.RTM.delNeighbour,
      data: rt.neighbour(query),
      what: "forget a neighbour",
    });
  }

  /** Has the kernel ask the network for a neighbour that it does not know, at once. */
  async useNeighbour(query: NeighbourQuery): Promise<void> {
    await this.#must({
      type: rt.RTM.newNeighbour,
      data: rt.neighbourToUse(query),
      flags: FLAG.create,
      what: "ask for a neighbour",
    });
  }

  /** Calls back for each change of links and addresses until the answer is called. */
  watch(onChange: (change: NetworkChange) => void): () => void {
    const socket = createNetlink(NETLINK_ROUTE);
    socket.on("error", () => onChange({ kind: "changesLost" }));
    socket.on("message", (messages) => {
      for (const { type, data } of messages) {
        const change = readChange(type, data);
        if (change !== undefined) onChange(change);
      }
    });
    socket.addMembership(rt.GROUP.link);
    socket.addMembership(rt.GROUP.ipv4Address);
    socket.addMembership(rt.GROUP.ipv6Address);
    return () => socket.close();
  }

  /** Calls back for each change of a neighbour, of any device, until the answer is called. */
  watchNeighbours(onNeighbour: (neighbour: NeighbourEntry) => void): () => void {
    const socket = createNetlink(NETLINK_ROUTE);
    // What is lost counts as silence: the caller waits a bounded time.
    socket.on("error", () => undefined);
    socket.on("message", (messages) => {
      for (const { type, data } of messages) {
        const entry = type === rt.RTM.newNeighbour ? rt.readNeighbour(data) : undefined;
        if (entry !== undefined) onNeighbour(entry);
      }
    });
    socket.addMembership(rt.GROUP.neighbour);
    return () => socket.close();
  }

  async #ask(
    { type, data, flags = 0, what }: Request,
    socket: NetlinkSocket = this.#socket,
  ): Promise<{
    readonly replies: readonly Reply[];
    readonly errno: string | undefined;
  }> {
    try {
      const options = { flags, timeout: TIMEOUT_MS, checkError: false };
      const [replies] = await socket.request(type, data, options);
      return { replies, errno: replies.map(errnoOf).find(isText) };
    } catch (error) {
      throw new NetlinkRefusedError(what, "ETIMEDOUT", { cause: error });
    }
  }

  async #must(request: Request, socket?: NetlinkSocket): Promise<readonly Reply[]> {
    const { replies, errno } = await this.#ask(request, socket);
    if (errno !== undefined) throw new NetlinkRefusedError(request.what, errno);
    return replies;
  }

  /** @returns `allowed` when the kernel answered so, nothing when it did as asked */
  async #unless(allowed: string, request: Request): Promise<string | undefined> {
    const { errno } = await this.#ask(request);
    if (errno === undefined || errno === allowed) return errno;
    throw new NetlinkRefusedError(request.what, errno);
  }
}

const readChange = (type: number, data: Buffer): NetworkChange | undefined => {
  if (type === rt.RTM.newAddress || type === rt.RTM.delAddress) return { kind: "addressesChanged" };
  if (type !== rt.RTM.newLink && type !== rt.RTM.delLink) return undefined;
  const link = rt.readLink(data);
  if (link === undefined) return undefined;
  return type === rt.RTM.newLink
    ? { kind: "linkChanged", link }
    : { kind: "linkRemoved", device: link.device };
};
