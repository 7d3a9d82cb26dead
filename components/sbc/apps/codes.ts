/** What a code is about. Forwards: always, when busy, without an answer, when no device can be reached. */
export type Service = "cfu" | "cfb" | "cft" | "cfna" | "block" | "blockAnonymous" | "reminder";

export type Codes = Readonly<Record<Service, string>>;

/** What a subscriber wants, as ETSI TS 122 030 section 6.5.2 has it: on `*72*...#`, off `#72#`, status `*#72#`. */
export interface Wish {
  readonly service: Service;
  readonly what: "on" | "off" | "status";
  /** What stands behind the code, between asterisks. */
  readonly words: readonly string[];
}

const FORMS = [
  ["status", /^\*#(\d{2,4})(?:\*([\d*+]*))?#$/],
  ["off", /^#(\d{2,4})(?:\*([\d*+]*?))?#?$/],
  ["on", /^\*(\d{2,4})(?:\*([\d*+]*?))?#?$/],
] as const;

/** The wish behind what was dialled; `undefined` where no code fits. */
export const wishOf = (dialled: string, codes: Codes): Wish | undefined => {
  for (const [what, form] of FORMS) {
    const match = form.exec(dialled);
    if (match === null) continue;
    const [, code = "", rest = ""] = match;
    const service = (Object.keys(codes) as Service[]).find((name) => codes[name] === code);
    if (service === undefined) return undefined;
    return { service, what, words: rest.split("*").filter((word) => word !== "") };
  }
  return undefined;
};

/** What is done about a wish. */
export type Deed =
  | {
      readonly kind: "forward";
      readonly type: "cfu" | "cfb" | "cft" | "cfna";
      readonly to: string;
      /** How long it rings before; of `cft` alone. */
      readonly seconds?: number | undefined;
    }
  /** Those that there are, without another destination. */
  | {
      readonly kind: "switchForwards";
      readonly type: "cfu" | "cfb" | "cft" | "cfna";
      readonly on: boolean;
    }
  | { readonly kind: "tellForwards"; readonly type: "cfu" | "cfb" | "cft" | "cfna" }
  | { readonly kind: "blockAnonymous"; readonly on: boolean }
  | { readonly kind: "tellAnonymous" }
  | { readonly kind: "block"; readonly number: string }
  /** Without a number: all. */
  | { readonly kind: "unblock"; readonly number?: string | undefined }
  | { readonly kind: "tellBlocked" }
  /** `HH:MM`, once. */
  | { readonly kind: "remind"; readonly time: string }
  | { readonly kind: "forgetReminder" }
  | { readonly kind: "tellReminder" };

const NUMBER = /^\+?\d{1,32}$/;
/** As many as provisioning takes. */
const RING_SECONDS = { least: 1, most: 600 } as const;

const secondsIn = (word: string | undefined): number | undefined => {
  const seconds = /^\d{1,3}$/.test(word ?? "") ? Number(word) : undefined;
  const fits =
    seconds !== undefined && seconds >= RING_SECONDS.least && seconds <= RING_SECONDS.most;
  return fits ? seconds : undefined;
};

/** `*72*NUMBER#`, `*92*SECONDS*NUMBER#`, or `*72#` for the one that was there before. */
const forwardOf = (type: "cfu" | "cfb" | "cft" | "cfna", words: readonly string[]) => {
  const number = words.at(-1);
  if (number === undefined) return { kind: "switchForwards", type, on: true } as const;
  if (!NUMBER.test(number)) return undefined;
  const [first] = words;
  if (words.length === 1) return { kind: "forward", type, to: number } as const;
  const seconds = type === "cft" && words.length === 2 ? secondsIn(first) : undefined;
  return seconds === undefined
    ? undefined
    : ({ kind: "forward", type, to: number, seconds } as const);
};

const blockOf = ({ what, words }: Wish): Deed | undefined => {
  const [number] = words;
  if (what === "status") return { kind: "tellBlocked" };
  if (words.length > 1 || (number !== undefined && !NUMBER.test(number))) return undefined;
  if (what === "off") return { kind: "unblock", number };
  return number === undefined ? undefined : { kind: "block", number };
};

/** `*55*0730#`: in 24 hours. */
const reminderOf = ({ what, words }: Wish): Deed | undefined => {
  if (what !== "on") {
    if (words.length > 0) return undefined;
    return { kind: what === "off" ? "forgetReminder" : "tellReminder" };
  }
  const [, hour, minute] = /^([01]\d|2[0-3])([0-5]\d)$/.exec(words[0] ?? "") ?? [];
  return hour === undefined || minute === undefined || words.length > 1
    ? undefined
    : { kind: "remind", time: `${hour}:${minute}` };
};

/** `undefined` where a word is missing, or one is too much. */
export const deedOf = (wish: Wish): Deed | undefined => {
  const { service, what, words } = wish;
  if (service === "block") return blockOf(wish);
  if (service === "reminder") return reminderOf(wish);
  if (service === "blockAnonymous") {
    if (words.length > 0) return undefined;
    return what === "status"
      ? { kind: "tellAnonymous" }
      : { kind: "blockAnonymous", on: what === "on" };
  }
  if (what === "on") return forwardOf(service, words);
  if (words.length > 0) return undefined;
  return what === "off"
    ? { kind: "switchForwards", type: service, on: false }
    : { kind: "tellForwards", type: service };
};
