/** A point on the monotonic clock of one node, in milliseconds. Instants of two nodes cannot be compared. */
export type Instant = number & { readonly unit: "instant" };

/** A length of time in milliseconds. */
export type Millis = number & { readonly unit: "millis" };

export const instant = (ms: number): Instant => ms as Instant;

export const millis = (ms: number): Millis => ms as Millis;

/** The time from `earlier` to `later`; negative when they are given the wrong way round. */
export const elapsed = (earlier: Instant, later: Instant): Millis => millis(later - earlier);

export const after = (from: Instant, length: Millis): Instant => instant(from + length);

export const before = (until: Instant, length: Millis): Instant => instant(until - length);
