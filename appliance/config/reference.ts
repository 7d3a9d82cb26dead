import { z } from "zod";
import { HOST_SHAPE, interfaceSchema } from "./network.ts";
import { isOnBoth } from "./on-both.ts";
import { configSchema } from "./schema.ts";

/** One key that an operator may write, and all there is to say about it. */
export interface KeyReference {
  /** With dots between its parts, as `ngcpcfg get` takes it. */
  readonly key: string;
  /** What may stand there, with its unit. */
  readonly allowed: string;
  /** As it is written in the file; absent where nothing holds unless it is said. */
  readonly standard: string | undefined;
  readonly meaning: string;
  /** True when the nodes must agree on it, so that only `ngcpcfg apply --pair` changes it. */
  readonly onBoth: boolean;
}

/** The keys of one file. */
export interface FileReference {
  readonly file: string;
  readonly keys: readonly KeyReference[];
}

type Schema = z.core.$ZodType;

/** What a wrapper such as a default has inside, from the outermost in. */
const withinOf = (schema: Schema): readonly Schema[] => {
  const def = schema._zod.def as { readonly innerType?: Schema; readonly out?: Schema };
  const inner = def.innerType ?? def.out;
  return inner === undefined ? [schema] : [schema, ...withinOf(inner)];
};

const shapeOf = (schema: Schema): Readonly<Record<string, Schema>> | undefined =>
  withinOf(schema).flatMap((each) => (each instanceof z.ZodObject ? [each.shape] : []))[0];

const itemOf = (schema: Schema): Schema | undefined =>
  withinOf(schema).flatMap((each) => (each instanceof z.ZodArray ? [each.element] : []))[0];

const meaningOf = (schema: Schema): string =>
  withinOf(schema)
    .map((each) => z.globalRegistry.get(each)?.description)
    .find((text) => text !== undefined) ?? "";

/** A value that no key takes: the message about it says what is allowed. */
const NOTHING_LIKE_IT = Symbol("no value");

const ALLOWED = "allowed: ";

/** Only a secret says nothing of what is allowed. */
const allowedIn = (schema: Schema): string => {
  const message = z.safeParse(schema, NOTHING_LIKE_IT).error?.issues[0]?.message ?? "";
  const at = message.indexOf(ALLOWED);
  return at < 0 ? "a secret that ngcp-pair makes" : message.slice(at + ALLOWED.length);
};

const allowedOf = (schema: Schema): string => {
  const item = itemOf(schema);
  if (item === undefined) return allowedIn(schema);
  const one = allowedIn(item);
  const takesOne = z.safeParse(schema, null).success;
  return takesOne ? `nothing, one, or a list: ${one}` : `a list: ${one}`;
};

const standardOf = (schema: Schema): string | undefined => {
  const said = z.safeParse(schema, undefined);
  return said.success && said.data !== undefined ? JSON.stringify(said.data) : undefined;
};

const keysOf = (shape: Readonly<Record<string, Schema>>, prefix: string): readonly KeyReference[] =>
  Object.entries(shape).flatMap(([name, schema]) => {
    const key = `${prefix}${name}`;
    const inner = shapeOf(schema);
    return inner === undefined
      ? [
          {
            key,
            allowed: allowedOf(schema),
            standard: standardOf(schema),
            meaning: meaningOf(schema),
            onBoth: withinOf(schema).some(isOnBoth),
          },
        ]
      : keysOf(inner, `${key}.`);
  });

/** Every key of config.yml and of network.yml, made of the schemas that check them. */
export const reference = (): readonly FileReference[] => {
  const { pair, ...config } = configSchema.shape;
  return [
    { file: "config.yml", keys: keysOf(config, "") },
    {
      file: "network.yml",
      keys: [
        ...keysOf(HOST_SHAPE, "hosts.NODE."),
        ...keysOf(interfaceSchema.shape, "hosts.NODE.INTERFACE."),
      ],
    },
    { file: "constants.yml", keys: keysOf({ pair }, "") },
  ];
};

type JsonSchema = Readonly<Record<string, unknown>>;

/** Each key may be left out: what a default makes required after reading is not required in the file. */
const withoutRequired = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(withoutRequired);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name, inner]) => !(name === "required" && Array.isArray(inner)))
      .map(([name, inner]) => [name, withoutRequired(inner)]),
  );
};

/** config.yml as a JSON Schema, for editors. */
export const editorSchema = (): JsonSchema => ({
  title: "config.yml of ngcpcfg",
  ...(withoutRequired(z.toJSONSchema(configSchema, { io: "output" })) as JsonSchema),
});

/** The names of all keys, those of the secrets left out. */
export const knownKeys = (): readonly string[] =>
  reference().flatMap(({ file, keys }) =>
    file === "constants.yml" ? [] : keys.map(({ key }) => key),
  );
