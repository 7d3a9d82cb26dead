/*
 * The part of rtnetlink(7) that the daemon speaks, as bytes. Written out because the general codec
 * of the netlink package decodes every attribute (0.3 ms for a link) and takes 80 ms to load.
 * Numbers are in the byte order of the machine: amd64.
 */

export const RTM = {
  newLink: 16,
  delLink: 17,
  getLink: 18,
  newAddress: 20,
  delAddress: 21,
  getAddress: 22,
  newNeighbour: 28,
  delNeighbour: 29,
  getNeighbour: 30,
  setNeighbourTable: 67,
} as const;

/** Multicast groups of linux/rtnetlink.h. */
export const GROUP = { link: 1, neighbour: 3, ipv4Address: 5, ipv6Address: 9 } as const;

const FAMILY = { ipv4: 2, ipv6: 10 } as const;

export type Family = keyof typeof FAMILY;

const IFF_UP = 0x1;
const IFF_LOWER_UP = 0x10000;
const IFLA = { address: 1, ifname: 3, extMask: 29 } as const;
const RTEXT_FILTER_SKIP_STATS = 8;
const IFA = { address: 1, local: 2, label: 3, cacheInfo: 6, flags: 8 } as const;
const IFA_F_NODAD = 2;
const FOREVER = 0xffffffff;
const NDA = { destination: 1, linkAddress: 2 } as const;
const NTF_USE = 1;
const NDTA = { name: 1, parms: 6 } as const;
const NDTPA = { ifindex: 1, retransTime: 5 } as const;
const NESTED = 0x8000;

export interface LinkState {
  readonly index: number;
  readonly device: string;
  /** Up and with carrier: something answers at the other end of the cable. */
  readonly carrier: boolean;
  /** Hardware address, 6 bytes on Ethernet. */
  readonly mac: Buffer;
}

export interface AddressEntry {
  readonly index: number;
  readonly prefixLength: number;
  /** 4 or 16 bytes. */
  readonly bytes: Buffer;
  readonly label: string | undefined;
}

/** Bits of NUD_*: what the kernel knows of a neighbour. */
export const NEIGHBOUR = { incomplete: 0x01, failed: 0x20, valid: 0xde } as const;

export interface NeighbourEntry {
  readonly index: number;
  readonly state: number;
  readonly bytes: Buffer;
  readonly mac: Buffer | undefined;
}

const attribute = (type: number, value: Buffer): Buffer => {
  const length = 4 + value.length;
  const out = Buffer.alloc((length + 3) & ~3);
  out.writeUInt16LE(length, 0);
  out.writeUInt16LE(type, 2);
  value.copy(out, 4);
  return out;
};

const u32 = (value: number): Buffer => {
  const out = Buffer.alloc(4);
  out.writeUInt32LE(value);
  return out;
};

const u64 = (value: number): Buffer => {
  const out = Buffer.alloc(8);
  out.writeBigUInt64LE(BigInt(value));
  return out;
};

const text = (value: string): Buffer => Buffer.from(`${value}\0`, "latin1");

type Attributes = ReadonlyMap<number, Buffer>;

const readAttributes = (data: Buffer, from: number): Attributes => {
  const found = new Map<number, Buffer>();
  let at = from;
  while (at + 4 <= data.length) {
    const length = data.readUInt16LE(at);
    if (length < 4 || at + length > data.length) break;
    found.set(data.readUInt16LE(at + 2) & ~NESTED, data.subarray(at + 4, at + length));
    at += (length + 3) & ~3;
  }
  return found;
};

const readText = (value: Buffer | undefined): string | undefined =>
  value?.toString("latin1", 0, value.length - 1);

const LINK_BYTES = 16;
const ADDRESS_BYTES = 8;
const NEIGHBOUR_BYTES = 12;

/** Asks for one device, without its counters. */
export const linkQuery = (device: string): Buffer =>
  Buffer.concat([
    Buffer.alloc(LINK_BYTES),
    attribute(IFLA.ifname, text(device)),
    attribute(IFLA.extMask, u32(RTEXT_FILTER_SKIP_STATS)),
  ]);

export const readLink = (data: Buffer): LinkState | undefined => {
  if (data.length < LINK_BYTES) return undefined;
  const flags = data.readUInt32LE(8);
  const attributes = readAttributes(data, LINK_BYTES);
  return {
    index: data.readInt32LE(4),
    device: readText(attributes.get(IFLA.ifname)) ?? "",
    carrier: (flags & IFF_UP) !== 0 && (flags & IFF_LOWER_UP) !== 0,
    mac: attributes.get(IFLA.address) ?? Buffer.alloc(0),
  };
};

export interface AddressChange {
  readonly index: number;
  readonly family: Family;
  readonly bytes: Buffer;
  readonly prefixLength: number;
  readonly label: string | undefined;
}

const addressHeader = (change: AddressChange): Buffer => {
  const header = Buffer.alloc(ADDRESS_BYTES);
  header[0] = FAMILY[change.family];
  header[1] = change.prefixLength;
  header[2] = change.family === "ipv6" ? IFA_F_NODAD : 0;
  header.writeUInt32LE(change.index, 4);
  return header;
};

/** IFA_CACHEINFO with preferred lifetime 0: the node never chooses this address as its own source. */
const deprecatedForever = (): Buffer => Buffer.concat([u32(0), u32(FOREVER), Buffer.alloc(8)]);

/** An address to add; IPv6 without duplicate address detection, which would take a second. */
export const addressToAdd = (change: AddressChange): Buffer =>
  Buffer.concat([
    addressHeader(change),
    attribute(IFA.local, change.bytes),
    attribute(IFA.address, change.bytes),
    ...(change.label === undefined ? [] : [attribute(IFA.label, text(change.label))]),
    ...(change.family === "ipv6"
      ? [attribute(IFA.flags, u32(IFA_F_NODAD)), attribute(IFA.cacheInfo, deprecatedForever())]
      : []),
  ]);

export const addressToRemove = (change: AddressChange): Buffer =>
  Buffer.concat([addressHeader(change), attribute(IFA.local, change.bytes)]);

/** Asks for all addresses of both families. */
export const addressQuery = (): Buffer => Buffer.alloc(ADDRESS_BYTES);

export const readAddress = (data: Buffer): AddressEntry | undefined => {
  if (data.length < ADDRESS_BYTES) return undefined;
  const attributes = readAttributes(data, ADDRESS_BYTES);
  const bytes = attributes.get(IFA.local) ?? attributes.get(IFA.address);
  if (bytes === undefined) return undefined;
  return {
    index: data.readUInt32LE(4),
    prefixLength: data.readUInt8(1),
    bytes,
    label: readText(attributes.get(IFA.label)),
  };
};

export interface NeighbourQuery {
  readonly index: number;
  readonly family: Family;
  readonly bytes: Buffer;
}

const neighbourMessage = (query: NeighbourQuery, flags: number): Buffer => {
  const header = Buffer.alloc(NEIGHBOUR_BYTES);
  header[0] = FAMILY[query.family];
  header.writeInt32LE(query.index, 4);
  header[10] = flags;
  return Buffer.concat([header, attribute(NDA.destination, query.bytes)]);
};

/** Names one entry, to read or to forget it. */
export const neighbour = (query: NeighbourQuery): Buffer => neighbourMessage(query, 0);

/** Asks the kernel to use the entry now: what it does not know it asks the network for. */
export const neighbourToUse = (query: NeighbourQuery): Buffer => neighbourMessage(query, NTF_USE);

export const readNeighbour = (data: Buffer): NeighbourEntry | undefined => {
  if (data.length < NEIGHBOUR_BYTES) return undefined;
  const attributes = readAttributes(data, NEIGHBOUR_BYTES);
  const bytes = attributes.get(NDA.destination);
  if (bytes === undefined) return undefined;
  return {
    index: data.readInt32LE(4),
    state: data.readUInt16LE(8),
    bytes,
    mac: attributes.get(NDA.linkAddress),
  };
};

/** Sets how long the kernel waits between two questions for a neighbour on one device. */
export const retransmitTime = (family: Family, index: number, ms: number): Buffer => {
  const header = Buffer.alloc(4);
  header[0] = FAMILY[family];
  const parms = Buffer.concat([
    attribute(NDTPA.ifindex, u32(index)),
    attribute(NDTPA.retransTime, u64(ms)),
  ]);
  return Buffer.concat([
    header,
    attribute(NDTA.name, text(family === "ipv4" ? "arp_cache" : "ndisc_cache")),
    attribute(NDTA.parms | NESTED, parms),
  ]);
};
