import { z } from "zod";
import { DIRECTIONS, FIELDS, RECURRENCES, STATUSES, TRANSPORTS } from "./model.ts";

/** The shapes of a file for `ngcp-provision apply`; what refers to something else is checked afterwards. */

const known = (shape: object): { error: (issue: { code?: string }) => string | undefined } => ({
  error: (issue) => (issue.code === "unrecognized_keys" ? Object.keys(shape).join(" ") : undefined),
});

const strict = <Shape extends z.ZodRawShape>(shape: Shape): z.ZodObject<Shape, z.core.$strict> =>
  z.strictObject(shape, known(shape));

const LIMITS = {
  ...{ name: 255, user: 64, pattern: 128, text: 127, host: 64, smallInt: 255 },
  ...{ handle: 63, rate: 1_000, interval: 65_535 },
} as const;
const RATE_PLACES = 6;

const compare = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);

const scalar = z.union([z.string(), z.number(), z.boolean()]);
const preferences = z.record(z.string(), z.union([scalar, z.array(scalar)])).default({});
const status = z.enum(STATUSES).default("active");
const description = z.string().max(LIMITS.text).default("");
const enabled = z.boolean().default(true);
const port = z.int().min(1).max(65_535);

/** RFC 3261 user part, without what would have to be escaped in a SIP URI. */
const USER = /^[A-Za-z0-9\-_.!~*'()&=+$,;?/]{1,64}$/;
const DOMAIN = /^(?=.{1,64}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/;
const E164 = /^[1-9]\d{2,14}$/;
const DESTINATION =
  /^(sips?:[^\s@]+@[^\s@]+|sips?:[^\s@]+|voicebox|conference|reminder|\+?[A-Za-z0-9\-_.*#]{1,64})$/;

const digits = z
  .union([z.string(), z.int()])
  .transform(String)
  .refine((text) => E164.test(text), "is no E.164 number: 3 to 15 digits with the country code");

const target = z
  .union([z.string(), z.int()])
  .transform(String)
  .refine(
    (text) => DESTINATION.test(text) && text.length <= LIMITS.name,
    "is no destination: a number, a user, a SIP URI, voicebox, conference or reminder",
  );

const forward = z.union([
  target.transform((to) => ({ to, timeout: 20, enabled: true })),
  strict({ to: target, timeout: z.int().min(1).max(600).default(20), enabled }),
]);
const forwards = z.union([forward.transform((one) => [one]), z.array(forward).max(10)]).default([]);

const timeOfDay = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, "is no time: 00:00 to 23:59");
const reminder = z
  .union([
    timeOfDay.transform((time) => ({ time, recur: "never" as const, active: true })),
    strict({ time: timeOfDay, recur: z.enum(RECURRENCES).default("never"), active: enabled }),
  ])
  .nullable()
  .default(null);

/** The first digits of numbers. */
const digitsOfPrefix = z
  .union([z.string(), z.int()])
  .transform(String)
  .refine((text) => /^\d{0,64}$/.test(text), "takes digits")
  .default("");

export const domainSchema = strict({ preferences });

export const customerSchema = strict({
  status,
  billing_profile: z.string().max(LIMITS.handle).default(""),
  preferences,
});

/** What DECIMAL(14,6) holds, in what a number can say. */
const rate = z
  .number()
  .min(0)
  .max(LIMITS.rate)
  .refine(
    (cents) => Number(cents.toFixed(RATE_PLACES)) === cents,
    `takes up to ${RATE_PLACES} decimal places`,
  );
const interval = z.int().min(1).max(LIMITS.interval);

export const billingProfileSchema = strict({
  fees: z
    .array(
      strict({
        destination: digitsOfPrefix,
        init_rate: rate,
        init_interval: interval,
        follow_rate: rate,
        follow_interval: interval,
      }),
    )
    .default([])
    .transform((fees) => fees.toSorted((one, other) => compare(one.destination, other.destination)))
    .refine(
      (fees) => fees.every((fee, index) => fees[index + 1]?.destination !== fee.destination),
      "has two fees for one destination",
    ),
});

export const subscriberSchema = strict({
  customer: z.string(),
  external_id: z.string().max(LIMITS.name).default(""),
  status,
  uuid: z.guid().optional(),
  password: z
    .union([z.string(), z.number()])
    .transform(String)
    .refine((text) => text !== "" && text.length <= LIMITS.pattern, "is empty or too long")
    .optional(),
  ha1: z
    .string()
    .regex(/^[0-9a-f]{32}$/, "is no HA1: 32 hexadecimal digits")
    .optional(),
  numbers: z.array(digits).default([]),
  aliases: z
    .array(z.string().regex(USER, "is no user part of a SIP URI"))
    .default([])
    .refine(
      (names) => !names.some((name) => E164.test(name)),
      "holds an E.164 number: those belong to numbers",
    ),
  preferences,
  call_forwards: strict({ cfu: forwards, cfb: forwards, cft: forwards, cfna: forwards }).default({
    cfu: [],
    cfb: [],
    cft: [],
    cfna: [],
  }),
  reminder,
});

export const ruleSetSchema = strict({
  description,
  rules: z
    .array(
      strict({
        direction: z.enum(DIRECTIONS),
        field: z.enum(FIELDS),
        match: z.string().min(1).max(LIMITS.pattern),
        replace: z.string().max(LIMITS.pattern),
        description,
        enabled,
      }),
    )
    .default([]),
});

export const peerHostSchema = strict({
  ip: z.ipv4({ error: "is no IPv4 address; peers are reached and recognised over IPv4 alone" }),
  host: z.string().max(LIMITS.host).default(""),
  port: port.default(5060),
  transport: z.enum(TRANSPORTS).default("udp"),
  weight: z.int().min(0).max(LIMITS.smallInt).default(1),
  via_lb: z.boolean().default(true),
  probe: z.boolean().default(false),
  enabled,
  preferences,
});

const pattern = z.string().max(LIMITS.user).default("");

export const peerGroupSchema = strict({
  priority: z.int().min(1).max(LIMITS.smallInt).default(1),
  description,
  rules: z
    .array(
      strict({
        callee_prefix: digitsOfPrefix,
        callee_pattern: pattern,
        caller_pattern: pattern,
        description,
        stopper: z.boolean().default(false),
        enabled,
      }),
    )
    .default([]),
  hosts: z.record(z.string().min(1).max(LIMITS.host), peerHostSchema).default({}),
});

const section = z.record(z.string(), z.unknown());

/** The sections; what is in them is read one by one, so that one mistake does not hide the next. */
export const fileSchema = strict({
  rewrite_rule_sets: section.optional(),
  billing_profiles: section.optional(),
  domains: section.optional(),
  customers: section.optional(),
  peer_groups: section.optional(),
  subscribers: section.optional(),
});

const NAME_LIMITS = {
  ...{ customers: LIMITS.name, billing_profiles: LIMITS.handle },
  ...{ rewrite_rule_sets: LIMITS.user, peer_groups: LIMITS.user },
} as const;

/** Why `name` cannot be the name of one; `undefined` when it can. */
export const nameProblem = (
  kind: keyof z.infer<typeof fileSchema>,
  name: string,
): string | undefined => {
  if (kind === "domains")
    return DOMAIN.test(name) ? undefined : "is no domain: a host name or address in lower case";
  if (kind === "subscribers") {
    const at = name.lastIndexOf("@");
    return USER.test(name.slice(0, Math.max(at, 0)))
      ? undefined
      : "is no subscriber: USER@DOMAIN, with a user part of up to 64 characters";
  }
  const longest = NAME_LIMITS[kind];
  return name !== "" && name.length <= longest ? undefined : `takes 1 to ${longest} characters`;
};
