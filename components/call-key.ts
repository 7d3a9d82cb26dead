import { createHash } from "node:crypto";

/** What a record of the proxy says of its call. */
export interface CallTags {
  readonly callId: string;
  readonly fromTag: string;
  readonly toTag: string;
}

/** 64 hexadecimal digits. */
export type CallKey = string;

/**
 * What tells an answered call from every other: the three words of its dialog (RFC 3261 section 12). A Call-ID alone does
 * not, since anybody may begin any number of calls with one.
 */
export const callKey = ({ callId, fromTag, toTag }: CallTags): CallKey =>
  createHash("sha256")
    .update(JSON.stringify([callId, fromTag, toTag]))
    .digest("hex");
