/** Ethernet frames that tell a LAN where an address is now. */

const BROADCAST = Buffer.alloc(6, 0xff);
const ALL_NODES_MAC = Buffer.from("333300000001", "hex");
const ALL_NODES = Buffer.from("ff020000000000000000000000000001", "hex");
const ETHERTYPE = { arp: Buffer.from("0806", "hex"), ipv6: Buffer.from("86dd", "hex") } as const;
/** Ethernet, IPv4, 6-byte and 4-byte addresses. */
const ARP_KINDS = Buffer.from("000108000604", "hex");
const ICMPV6 = 58;

/**
 * A gratuitous ARP frame (RFC 5227, 3): sender and target are the address itself. Some devices
 * believe only requests, some only replies, so both are sent.
 *
 * @param mac hardware address, 6 bytes
 * @param address 4 bytes
 */
export const gratuitousArp = (mac: Buffer, address: Buffer, kind: "request" | "reply"): Buffer =>
  Buffer.concat([
    BROADCAST,
    mac,
    ETHERTYPE.arp,
    ARP_KINDS,
    Buffer.from([0, kind === "request" ? 1 : 2]),
    mac,
    address,
    kind === "request" ? Buffer.alloc(6) : BROADCAST,
    address,
  ]);

/** The checksum of the Internet protocols (RFC 1071) of an even number of bytes. */
export const checksum = (data: Buffer): number => {
  let sum = 0;
  for (let at = 0; at < data.length; at += 2) sum += data.readUInt16BE(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return ~sum & 0xffff;
};

/**
 * An unsolicited neighbour advertisement to all nodes (RFC 4861, 7.2.6) with the override flag.
 *
 * @param mac hardware address, 6 bytes
 * @param address 16 bytes
 */
export const unsolicitedAdvertisement = (mac: Buffer, address: Buffer): Buffer => {
  const message = Buffer.concat([
    Buffer.from([136, 0, 0, 0, 0x20, 0, 0, 0]),
    address,
    Buffer.from([2, 1]),
    mac,
  ]);
  const length = Buffer.from([0, message.length]);
  const pseudoHeader = Buffer.concat([
    address,
    ALL_NODES,
    Buffer.from([0, 0]),
    length,
    Buffer.from([0, 0, 0, ICMPV6]),
  ]);
  message.writeUInt16BE(checksum(Buffer.concat([pseudoHeader, message])), 2);
  return Buffer.concat([
    ALL_NODES_MAC,
    mac,
    ETHERTYPE.ipv6,
    Buffer.from([0x60, 0, 0, 0]),
    length,
    Buffer.from([ICMPV6, 255]),
    address,
    ALL_NODES,
    message,
  ]);
};
