import { z } from "zod";
import type { DigestSession } from "../sip/digest-client.ts";
import { DIGEST_ALGORITHMS } from "../sip/digest.ts";
import type { Endpoint } from "../sip/via.ts";

/** What a subscriber has with a peer, where it wants to be registered; as it is provisioned. */
export interface Account {
  /** Of the subscriber, its user name, its number and the registrar: what of these changes makes another account. */
  readonly id: string;
  /** Whose account it is, as USER@DOMAIN. */
  readonly subscriber: string;
  readonly username: string;
  readonly password: string;
  /** The only realm that learns the password; any where it is absent. */
  readonly realm?: string | undefined;
  /** The domain of the address of record: the peer's name, or its address. */
  readonly registrar: string;
  readonly target: Endpoint;
  readonly transport: string;
  /** Of the subscriber: calls of the peer name it. */
  readonly number: string;
}

/** An account, and how far its registration has come: plain data, the record in Redis. Instants are milliseconds since 1970. */
export interface Registration extends Omit<Account, "password"> {
  /** The password, which the vault opens. */
  readonly sealed: string;
  readonly callId: string;
  /** Of the last REGISTER. */
  readonly sequence: number;
  /** When the next REGISTER is to go. */
  readonly dueAt: number;
  /** Until when the peer knows it; absent where it does not. */
  readonly expiresAt?: number | undefined;
  /** What the peer has said to be too short for it (423), in seconds. */
  readonly minExpires?: number | undefined;
  /** One after the other. */
  readonly failures: number;
  /** Of the last failure. */
  readonly reason?: string | undefined;
  readonly session?: DigestSession | undefined;
  /** The account is gone: the peer is to forget it. */
  readonly leaving?: boolean | undefined;
}

const FORM = 1;
/** The last REGISTERs may not have reached this Redis: their numbers must not come again (RFC 3261 section 10.2). */
const SEQUENCE_GAP = 10;

export const serializeRegistration = (registration: Registration, generation: number): string =>
  JSON.stringify({ v: FORM, gen: generation, ...registration });

const Session = z
  .object({
    header: z.enum(["Authorization", "Proxy-Authorization"]),
    realm: z.string(),
    nonce: z.string(),
    opaque: z.string().optional(),
    algorithm: z.enum(DIGEST_ALGORITHMS),
    qop: z.enum(["auth", "auth-int"]).optional(),
    nonceCount: z.int(),
  })
  .transform(({ opaque, qop, ...rest }): DigestSession => ({ ...rest, opaque, qop }));

const Envelope = z.object({ v: z.literal(FORM), gen: z.int() });

const Record = z.object({
  id: z.string(),
  subscriber: z.string(),
  username: z.string(),
  sealed: z.string(),
  realm: z.string().optional(),
  registrar: z.string(),
  target: z.object({ address: z.string(), port: z.int() }),
  transport: z.string(),
  number: z.string(),
  callId: z.string(),
  sequence: z.int(),
  dueAt: z.number(),
  expiresAt: z.number().optional(),
  minExpires: z.int().optional(),
  failures: z.int(),
  reason: z.string().optional(),
  session: Session.optional(),
  leaving: z.boolean().optional(),
});

const valueOf = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** As the process before left it; undefined for a record that is damaged, or of a form that only another version knows. */
export const restoreRegistration = (text: string): Registration | undefined => {
  const json = valueOf(text);
  if (!Envelope.safeParse(json).success) return undefined;
  const registration = Record.safeParse(json).data;
  return registration && { ...registration, sequence: registration.sequence + SEQUENCE_GAP };
};

export const isRegistered = ({ expiresAt }: Registration, nowMs: number): boolean =>
  expiresAt !== undefined && expiresAt > nowMs;
