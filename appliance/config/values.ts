import { isIP, isIPv4, isIPv6 } from "node:net";
import { z } from "zod";

/** What zod hands to a message: the value as it was read, `undefined` when there is none. */
interface Told {
  readonly code?: string | undefined;
  readonly input?: unknown;
}

const shown = (input: unknown): string =>
  input === undefined ? "is missing" : `is ${JSON.stringify(input)}`;

/** The message of a leaf: what is wrong with it, and what is allowed. */
const allowing =
  (allowed: string) =>
  ({ input }: Told): string =>
    `${shown(input)}; allowed: ${allowed}`;

/** Numbers in these files are often written with quotes. */
const unquoted = (value: unknown): unknown =>
  typeof value === "string" && /^[0-9]+$/.test(value) ? Number(value) : value;

interface NumberRange {
  readonly min: number;
  readonly max: number;
  readonly unit?: string;
  /** What is allowed, where the range alone would not say it. */
  readonly allowed?: string;
}

export const wholeNumber = ({ min, max, unit, allowed }: NumberRange) => {
  const error = allowing(
    allowed ?? `a whole number${unit === undefined ? "" : ` of ${unit}`} from ${min} to ${max}`,
  );
  return z.preprocess(unquoted, z.int({ error }).min(min, { error }).max(max, { error }));
};

export const milliseconds = (min: number, max: number) =>
  wholeNumber({ min, max, unit: "milliseconds" });

export const seconds = (min: number, max: number) => wholeNumber({ min, max, unit: "seconds" });

const HIGHEST_PORT = 65_535;

export const port = () => wholeNumber({ min: 1, max: HIGHEST_PORT });

/** Processes of an engine. */
export const workers = (usual: number) => wholeNumber({ min: 1, max: 64 }).default(usual);

const text = (allowed: string, holds: (value: string) => boolean) => {
  const error = allowing(allowed);
  return z.string({ error }).refine(holds, { error });
};

export const ipAddress = () => text("an IPv4 or IPv6 address", (value) => isIP(value) !== 0);
export const ipv4 = () => text("an IPv4 address", isIPv4);
export const ipv6 = () => text("an IPv6 address without prefix length", isIPv6);

const LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/i;

export const domain = () =>
  text(
    "a domain name or an address",
    (value) => isIP(value) !== 0 || value.split(".").every((label) => LABEL.test(label)),
  );

export const isNetwork = (value: string): boolean => {
  const [address, length, ...rest] = value.split("/");
  const family = isIP(address ?? "");
  if (family === 0 || rest.length > 0) return false;
  return (
    length === undefined ||
    (/^[0-9]{1,3}$/.test(length) && Number(length) <= (family === 4 ? 32 : 128))
  );
};

export const ipNetwork = () => text("an address, or a network like 192.0.2.0/24", isNetwork);

export const ipv4Port = () =>
  text("an IPv4 address with a port, like 127.0.0.1:5062", (value) => {
    const [address = "", number = "", ...rest] = value.split(":");
    const isPort = /^[1-9][0-9]{0,4}$/.test(number) && Number(number) <= HIGHEST_PORT;
    return isIPv4(address) && isPort && rest.length === 0;
  });

export const sipUri = () =>
  text("a SIP URI like sip:voicebox@192.0.2.20:5060", (value) =>
    /^sips?:[A-Za-z0-9\-_.!~*'()&=+,;?/]+@[A-Za-z0-9.:[\]-]+(;[A-Za-z0-9=.-]+)*$/.test(value),
  );

/** What is dialled between the signs of a vertical service code; YAML takes it for a number. */
export const dialledCode = () =>
  z.preprocess(
    (value) => (typeof value === "number" ? String(value) : value),
    text("2 to 4 digits", (value) => /^[0-9]{2,4}$/.test(value)),
  );

/** The user part of a SIP URI, without what would need an escape. */
export const dialledName = () =>
  text("1 to 32 letters, digits and . _ -", (value) => /^[A-Za-z0-9._-]{1,32}$/.test(value));

/** Codes of SIP answers, single ones and whole classes; not those that the load-balancer puts in the place of others. */
export const replyCodes = () =>
  text(
    "classes 2, 3, 4 and 6 and codes with semicolons between, like class=2;code=404, without 408, 477, 478, 500 and 503",
    (value) =>
      value
        .split(";")
        .every((word) => /^(class=[2346]|code=(?!408|477|478|500|503)[2-6][0-9]{2})$/.test(word)),
  );

/** What stands behind the code in a SIP answer, in one line and without quotes. */
export const replyReason = () =>
  text("a text of 1 to 64 letters, digits, blanks and . , ' ( ) - /", (value) =>
    /^[A-Za-z0-9 .,'()/-]{1,64}$/.test(value),
  );

export const absolutePath = (of: "program" | "file" = "program") =>
  // What ends a word, a quotation or a line in some engine's file has no place in a path.
  text(`the absolute path of a ${of}`, (value) => /^\/[^\s\p{Cc}"'`;#\\]+$/u.test(value));

export const hardwareAddress = () =>
  text("an address like 02:00:00:00:01:01", (value) =>
    /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/i.test(value),
  );

export const deviceName = () =>
  text("a device name of at most 15 characters", (value) => /^[\w.@-]{1,15}$/.test(value));

export const oneOf = <const Names extends readonly [string, ...string[]]>(names: Names) =>
  z.enum(names, { error: allowing(names.join(", ")) });

export const mailAddress = () =>
  text("a mail address like root@example.org", (value) => /^[^\s@]+@[^\s@]+$/.test(value));

const isTimeZone = (value: string): boolean => {
  try {
    new Intl.DateTimeFormat("en", { timeZone: value });
    return /^[A-Za-z0-9_+/-]+$/.test(value);
  } catch {
    return false;
  }
};

export const timeZone = () => text("a time zone like Europe/Vienna", isTimeZone);

/** As these files write it; true and false are understood. */
export const yesOrNo = () =>
  z.preprocess(
    (value) => (typeof value === "boolean" ? (value ? "yes" : "no") : value),
    oneOf(["yes", "no"]),
  );

/** Never shown in a message. */
export const secret = () =>
  z.string({ error: () => "is no secret that ngcp-pair made" }).regex(/^[A-Za-z0-9]{16,128}$/, {
    error: () => "is no secret that ngcp-pair made",
  });

export const listOf = <Item extends z.ZodType>(item: Item) =>
  z.array(item, { error: allowing("a list") });

const asList = (value: unknown): unknown => {
  if (value === null || value === undefined) return [];
  return Array.isArray(value) ? value : [value];
};

/** Null, one value, or a list of them; always a list afterwards. */
export const oneOrMany = <Item extends z.ZodType>(item: Item) =>
  z.preprocess(asList, z.array(item)).default([]);

/**
 * A map whose keys are all known. The message of an unknown key is the list of the known ones,
 * separated by spaces: whoever prints it says which one is meant.
 */
export const section = <Shape extends z.core.$ZodLooseShape>(shape: Shape) =>
  z.strictObject(shape, {
    error: ({ code, input }: Told) =>
      code === "unrecognized_keys"
        ? Object.keys(shape).join(" ")
        : `${shown(input)}; allowed: a map with ${Object.keys(shape).join(", ")}`,
  });
