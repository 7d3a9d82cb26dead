/** What a benchmark measured, and the bound that it has to keep. */
export interface Figure {
  readonly name: string;
  readonly unit: string;
  /** The median of `runs`. */
  readonly value: number;
  /** Each run in the order in which it was taken. */
  readonly runs: readonly number[];
  readonly atMost?: number;
  readonly atLeast?: number;
}

export type Benchmark = () => Figure[] | Promise<Figure[]>;

export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
};

/** The mean of the middle half: as robust as the median, and finer where the clock that was read has steps. */
export const middle = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const cut = sorted.length >> 2;
  const half = sorted.slice(cut, sorted.length - cut);
  return half.reduce((sum, value) => sum + value, 0) / half.length;
};

/** A figure of several runs, stated by their median. */
export const figure = (
  name: string,
  unit: string,
  runs: readonly number[],
  bound: Pick<Figure, "atMost" | "atLeast"> = {},
): Figure => ({ name, unit, value: median(runs), runs, ...bound });

/** Whether the figure keeps its bound. */
export const holds = ({ value, atMost = Infinity, atLeast = -Infinity }: Figure): boolean =>
  value <= atMost && value >= atLeast;
