import { z } from "zod";
import { commitId, parcelHead, type Parcel, type TakeOptions } from "./parcel.ts";

/** What one node tells the other about its configuration. */
export interface ConfigState {
  readonly node: string;
  readonly version: string;
  /** The last commit. */
  readonly commit: string;
  /** The content of that commit: two nodes that wrote the same have one tree. */
  readonly tree: string;
  /** The content of its files as they lie there, committed or not. */
  readonly files: string;
  /** A hash of the secrets; null without any. */
  readonly constants: string | null;
  /** Lines of git status: what is not committed. */
  readonly changes: readonly string[];
  /** Files of the services that are not what the commit makes of them. */
  readonly drifted: readonly string[];
  /** Services that run with older files. */
  readonly pending: readonly string[];
}

/** How taking a parcel ended. */
export type TakeEnd = "done" | "failed" | "refused";

/** What is said while a parcel is taken. */
export interface Line {
  readonly line: string;
  readonly isError: boolean;
}

/** What a node does about its configuration when its peer asks. */
export interface ConfigHolder {
  readonly state: () => Promise<ConfigState>;
  readonly take: (
    parcel: Parcel,
    options: TakeOptions,
    tell: (line: Line) => void,
  ) => Promise<TakeEnd>;
  /** Packs what `receiver` lacks. */
  readonly give: (receiver: Receiver) => Promise<Parcel>;
}

/** Who will take a parcel. */
export type Receiver = Pick<ConfigState, "commit" | "constants">;

const keyList = z
  .array(z.string().regex(/^[0-9a-f]{64}$/))
  .min(1)
  .max(2);

const hash = z.string().max(64).nullable();

export const request = z.discriminatedUnion("ask", [
  z.strictObject({ ask: z.literal("read") }),
  z.strictObject({ ask: z.literal("write"), keys: keyList }),
  z.strictObject({ ask: z.literal("state") }),
  z.strictObject({ ask: z.literal("give"), commit: commitId, constants: hash }),
  z.strictObject({
    ask: z.literal("take"),
    parcel: parcelHead,
    options: z.strictObject({ replace: z.boolean(), dryRun: z.boolean(), restart: z.boolean() }),
  }),
]);

export type Request = z.output<typeof request>;

export const keysReply = z.strictObject({ keys: keyList });

const lines = z.array(z.string());

export const stateReply = z.object({
  state: z.object({
    node: z.string(),
    version: z.string(),
    commit: commitId,
    tree: commitId,
    files: commitId,
    constants: hash,
    changes: lines,
    drifted: lines,
    pending: lines,
  }),
});

export const giveReply = z.strictObject({ parcel: parcelHead });

export const takeReply = z.union([
  z.strictObject({ line: z.string(), isError: z.boolean() }),
  z.strictObject({ alive: z.literal(true) }),
  z.strictObject({ end: z.enum(["done", "failed", "refused"]) }),
]);
