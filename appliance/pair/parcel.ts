import { z } from "zod";
import type { Channel } from "./channel.ts";
import { expectMessage } from "./conversation.ts";

/** A commit of the configuration on its way to the other node, with all that the other one lacks of it. */
export interface Parcel {
  readonly commit: string;
  /** What the receiver stood at when it was packed; it is refused anywhere else. */
  readonly from: string;
  /** The package of the sender: its templates are for that one. */
  readonly version: string;
  /** A git bundle; absent where the receiver has the commit already. */
  readonly bundle: Buffer | undefined;
  /** The text of constants.yml where it differs. It is in no history. */
  readonly constants: string | undefined;
}

/** How a parcel is to be taken. */
export interface TakeOptions {
  /** Also when the receiver has changes that this commit lacks: they are put aside. */
  readonly replace: boolean;
  readonly dryRun: boolean;
  readonly restart: boolean;
}

const MOST_BYTES = 64 * 1_024 * 1_024;
/** A frame holds 16 kB; base64 and the JSON around it belong into it too. */
const PIECE_BYTES = 9_000;

export const commitId = z.string().regex(/^[0-9a-f]{40}$/);

export const parcelHead = z.strictObject({
  commit: commitId,
  from: commitId,
  version: z.string().max(64),
  bundleBytes: z.int().min(0).max(MOST_BYTES),
  constants: z.string().max(8_000).nullable(),
});

const piece = z.strictObject({ piece: z.base64() });

export const headOf = ({
  commit,
  from,
  version,
  bundle,
  constants,
}: Parcel): z.input<typeof parcelHead> => ({
  commit,
  from,
  version,
  bundleBytes: bundle?.length ?? 0,
  constants: constants ?? null,
});

/** The bundle itself follows its head in pieces. */
export const sendBundle = (channel: Channel, { bundle }: Parcel): void => {
  for (let at = 0; bundle !== undefined && at < bundle.length; at += PIECE_BYTES)
    channel.send({ piece: bundle.subarray(at, at + PIECE_BYTES).toString("base64") });
};

/** @throws {PairLinkError} when the connection ends before all of it is here */
export const receiveParcel = async (
  channel: Channel,
  { commit, from, version, bundleBytes, constants }: z.output<typeof parcelHead>,
): Promise<Parcel> => {
  const pieces: Buffer[] = [];
  for (let missing = bundleBytes; missing > 0;) {
    const next = Buffer.from((await expectMessage(channel, piece)).piece, "base64");
    pieces.push(next);
    missing -= next.length;
  }
  return {
    commit,
    from,
    version,
    bundle: bundleBytes === 0 ? undefined : Buffer.concat(pieces),
    constants: constants ?? undefined,
  };
};
