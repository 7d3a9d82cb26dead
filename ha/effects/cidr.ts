import assert from "node:assert/strict";
import { isIPv4, isIPv6 } from "node:net";

/** An address as the kernel takes it. */
export interface Cidr {
  readonly address: string;
  /** 4 or 16 bytes. */
  readonly bytes: Buffer;
  readonly prefixLength: number;
  readonly family: "ipv4" | "ipv6";
}

const ipv4Bytes = (address: string): Buffer => Buffer.from(address.split(".").map(Number));

const groups = (part: string): readonly number[] =>
  part === "" ? [] : part.split(":").map((group) => Number.parseInt(group, 16));

const ipv6Bytes = (address: string): Buffer => {
  // The URL parser writes every form of an IPv6 address in one way, without dotted parts.
  const canonical = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const [head = "", tail] = canonical.split("::");
  const before = groups(head);
  const after = groups(tail ?? "");
  const words = [...before, ...Array<number>(8 - before.length - after.length).fill(0), ...after];
  return Buffer.from(words.flatMap((word) => [word >> 8, word & 0xff]));
};

/** @param address a literal IPv4 or IPv6 address; anything else is a mistake of the caller */
export const addressBytes = (address: string): Buffer => {
  if (isIPv4(address)) return ipv4Bytes(address);
  assert(isIPv6(address), `${address} is no IP address`);
  return ipv6Bytes(address);
};

/** @param text such as `192.0.2.10/24` or `2001:db8::10/64`; configuration has made sure of it */
export const parseCidr = (text: string): Cidr => {
  const [address = "", prefix] = text.split("/");
  const bytes = addressBytes(address);
  const family = bytes.length === 4 ? "ipv4" : "ipv6";
  const prefixLength = Number(prefix ?? bytes.length * 8);
  return { address, bytes, prefixLength, family };
};
