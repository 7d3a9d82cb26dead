import type { KeyObject } from "node:crypto";
import { createHmac, createSecretKey, timingSafeEqual } from "node:crypto";

import type { Envelope, Handover, Heartbeat, ReceivedHeartbeat, Role } from "../core/heartbeat.ts";
import { HANDOVERS, ROLES } from "../core/heartbeat.ts";
import { millis } from "../core/time.ts";

/*
 * Wire format, version 1. Numbers are big-endian, texts are a length byte and printable ASCII.
 *
 *    0  3  magic "TND"             34  1  flags
 *    3  1  version                 35  1  ping nodes reached
 *    4  8  session                 36  6  term
 *   12  6  sequence                42  6  last held term
 *   18  8  echo: session, or 0     48  4  dead time, ms
 *   26  6  echo: sequence          52     node, hash of the shared addresses, package version[/configuration]
 *   32  1  role                    end - 32: HMAC-SHA-256 of all that stands before it
 *   33  1  handover
 *
 * The configuration came later: an older package takes it for a part of the version, which it only shows.
 * Magic, version and the place of the HMAC stay as they are in every later version.
 */
const MAGIC = Buffer.from("TND", "latin1");
const VERSION = 1;
const TEXTS_AT = 52;
const MAC_BYTES = 32;
const MIN_BYTES = TEXTS_AT + 3 + MAC_BYTES;
/** Longer than any heartbeat: 52 bytes, three texts and the HMAC. */
const MAX_BYTES = 320;
const TEXT_MAX = 64;
const SESSION_BYTES = 8;
const NO_SESSION = "0".repeat(2 * SESSION_BYTES);

const FLAGS = {
  forced: 1,
  eligible: 2,
  willing: 4,
  inSync: 8,
  lanCarrier: 16,
  understands: 32,
  pairServed: 64,
} as const;

/** Why a datagram is no heartbeat of the peer. */
export type Refusal = "unverified" | "newerVersion" | "strangeNode";

export type Decoded =
  | { readonly kind: "heartbeat"; readonly heartbeat: ReceivedHeartbeat }
  | { readonly kind: Refusal };

const UNVERIFIED: Decoded = { kind: "unverified" };
const NEWER_VERSION: Decoded = { kind: "newerVersion" };
const STRANGE_NODE: Decoded = { kind: "strangeNode" };

/** True when `text` can travel in a heartbeat: 1 to 64 characters of printable ASCII. */
export const isHeartbeatText = (text: string): boolean =>
  text.length <= TEXT_MAX && /^[\x21-\x7e]+$/.test(text);

const mac = (key: KeyObject, body: Buffer): Buffer =>
  createHmac("sha256", key).update(body).digest();

const flagsOf = (heartbeat: Heartbeat): number =>
  (heartbeat.forced ? FLAGS.forced : 0) |
  (heartbeat.eligible ? FLAGS.eligible : 0) |
  (heartbeat.willing ? FLAGS.willing : 0) |
  (heartbeat.inSync ? FLAGS.inSync : 0) |
  (heartbeat.lanCarrier ? FLAGS.lanCarrier : 0) |
  (heartbeat.understands ? FLAGS.understands : 0) |
  (heartbeat.pairServed ? FLAGS.pairServed : 0);

/** In no version of a package. */
const SEPARATOR = "/";

const versionText = ({ configuration }: Heartbeat, { version }: Envelope): string =>
  configuration === undefined ? version : `${version}${SEPARATOR}${configuration}`;

/** @returns the place behind the text */
const writeText = (datagram: Buffer, text: string, at: number): number => {
  datagram[at] = text.length;
  return at + 1 + datagram.write(text, at + 1, "latin1");
};

/**
 * A key ready for use: handing bytes to HMAC each time costs four times as much.
 */
export const keyOf = (bytes: Buffer): KeyObject => createSecretKey(bytes);

/**
 * One heartbeat as a signed datagram of at most 289 bytes. What is said and what the link adds stay two objects: to put
 * them into one took a fifteenth of the daemon's processor time.
 *
 * All texts must satisfy `isHeartbeatText`; a session is 16 hexadecimal digits.
 */
export const encode = (heartbeat: Heartbeat, envelope: Envelope, key: KeyObject): Buffer => {
  const { node } = heartbeat;
  const { sharedAddressesHash } = envelope;
  const version = versionText(heartbeat, envelope);
  const bodyBytes = TEXTS_AT + 3 + node.length + sharedAddressesHash.length + version.length;
  const datagram = Buffer.alloc(bodyBytes + MAC_BYTES);
  MAGIC.copy(datagram);
  datagram[3] = VERSION;
  datagram.write(envelope.session, 4, "hex");
  datagram.writeUIntBE(envelope.sequence, 12, 6);
  datagram.write(envelope.echoSession ?? NO_SESSION, 18, "hex");
  datagram.writeUIntBE(envelope.echoSequence, 26, 6);
  datagram[32] = ROLES.indexOf(heartbeat.role);
  datagram[33] = HANDOVERS.indexOf(heartbeat.handover);
  datagram[34] = flagsOf(heartbeat);
  datagram[35] = Math.min(heartbeat.pingNodesReached, 255);
  datagram.writeUIntBE(heartbeat.term, 36, 6);
  datagram.writeUIntBE(heartbeat.lastHeldTerm, 42, 6);
  datagram.writeUInt32BE(envelope.deadMs, 48);
  let at = writeText(datagram, node, TEXTS_AT);
  at = writeText(datagram, sharedAddressesHash, at);
  writeText(datagram, version, at);
  mac(key, datagram.subarray(0, bodyBytes)).copy(datagram, bodyBytes);
  return datagram;
};

/** The texts between the fixed part and the HMAC, or nothing when they do not fill it exactly. */
const readTexts = (body: Buffer): readonly [string, string, string] | undefined => {
  const nodeEnd = TEXTS_AT + 1 + (body[TEXTS_AT] ?? 0);
  const hashEnd = nodeEnd + 1 + (body[nodeEnd] ?? 0);
  const versionEnd = hashEnd + 1 + (body[hashEnd] ?? 0);
  return versionEnd === body.length
    ? [
        body.toString("latin1", TEXTS_AT + 1, nodeEnd),
        body.toString("latin1", nodeEnd + 1, hashEnd),
        body.toString("latin1", hashEnd + 1, versionEnd),
      ]
    : undefined;
};

const readBody = (body: Buffer): ReceivedHeartbeat | undefined => {
  const role: Role | undefined = ROLES[body[32] ?? -1];
  const handover: Handover | undefined = HANDOVERS[body[33] ?? -1];
  const texts = readTexts(body);
  if (role === undefined || handover === undefined || texts === undefined) return undefined;
  const [node, sharedAddressesHash, text] = texts;
  const [version = "", configuration] = text.split(SEPARATOR);
  const flags = body.readUInt8(34);
  const echoSession = body.toString("hex", 18, 18 + SESSION_BYTES);
  return {
    node,
    role,
    term: body.readUIntBE(36, 6),
    handover,
    forced: (flags & FLAGS.forced) !== 0,
    eligible: (flags & FLAGS.eligible) !== 0,
    willing: (flags & FLAGS.willing) !== 0,
    lastHeldTerm: body.readUIntBE(42, 6),
    inSync: (flags & FLAGS.inSync) !== 0,
    lanCarrier: (flags & FLAGS.lanCarrier) !== 0,
    understands: (flags & FLAGS.understands) !== 0,
    pairServed: (flags & FLAGS.pairServed) !== 0,
    pingNodesReached: body.readUInt8(35),
    session: body.toString("hex", 4, 4 + SESSION_BYTES),
    sequence: body.readUIntBE(12, 6),
    echoSession: echoSession === NO_SESSION ? undefined : echoSession,
    echoSequence: body.readUIntBE(26, 6),
    deadMs: millis(body.readUInt32BE(48)),
    sharedAddressesHash,
    version,
    configuration,
  };
};

const isSigned = (datagram: Buffer, keys: readonly KeyObject[]): boolean => {
  const bodyBytes = datagram.length - MAC_BYTES;
  const body = datagram.subarray(0, bodyBytes);
  const claimed = datagram.subarray(bodyBytes);
  return keys.some((key) => timingSafeEqual(mac(key, body), claimed));
};

const looksLikeHeartbeat = (datagram: Buffer): boolean =>
  datagram.length >= MIN_BYTES &&
  datagram.length <= MAX_BYTES &&
  datagram.compare(MAGIC, 0, MAGIC.length, 0, MAGIC.length) === 0;

/**
 * Reads a datagram from the network. Never throws, whatever the bytes are.
 *
 * `newerVersion` is also the answer for a well-signed datagram whose words this package does not
 * know: somebody with the secret is alive and not understood.
 *
 * @param keys the keys of the pair, one or two while a rotation is under way; none verifies nothing
 * @param peer the only node whose heartbeats count
 */
export const decode = (datagram: Buffer, keys: readonly KeyObject[], peer: string): Decoded => {
  if (!looksLikeHeartbeat(datagram)) return UNVERIFIED;
  const version = datagram.readUInt8(3);
  if (version > VERSION) return NEWER_VERSION;
  if (version < VERSION || !isSigned(datagram, keys)) return UNVERIFIED;
  const heartbeat = readBody(datagram.subarray(0, datagram.length - MAC_BYTES));
  if (heartbeat === undefined) return NEWER_VERSION;
  return heartbeat.node === peer ? { kind: "heartbeat", heartbeat } : STRANGE_NODE;
};
