/** A stretch of time. Milliseconds of the one clock. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** How long, within a window, a stretch of one list and a stretch of the other were both under way. */
export const overlapMs = (one: readonly Span[], other: readonly Span[], window: Span): number =>
  one
    .flatMap((a) => other.map((b) => commonMs(a, b, window)))
    .reduce((sum, length) => sum + length, 0);

const commonMs = (...spans: readonly Span[]): number => {
  const from = Math.max(...spans.map((span) => span.from));
  const to = Math.min(...spans.map((span) => span.to));
  return Math.max(0, to - from);
};
