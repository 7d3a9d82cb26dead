/** One stretch of lost questions, from the first of them to the next answered one. Milliseconds of the one clock. */
export interface Gap {
  readonly from: number;
  readonly to: number;
  readonly before: string;
  readonly after: string;
}

/** What a client that asks all the time has seen so far. */
export class GapRecord {
  readonly #gaps: Gap[] = [];
  #lastAt = 0;
  #lastNode = "";

  /** Takes a line of a load program: a gap, or a beat with the last answer. */
  note(line: string): void {
    const said = decode(line);
    if (said.kind === "gap") {
      this.#gaps.push(said);
      this.#lastAt = said.to;
      this.#lastNode = said.after;
    } else {
      this.#lastAt = said.lastAt;
      this.#lastNode = said.lastNode;
    }
  }

  /** Forgets what is older than `at`. */
  forgetBefore(at: number): void {
    const first = this.#gaps.findIndex((gap) => gap.to >= at);
    this.#gaps.splice(0, first === -1 ? this.#gaps.length : first);
  }

  get answeredAt(): number {
    return this.#lastAt;
  }

  get answeredBy(): string {
    return this.#lastNode;
  }

  /** The longest time without an answer that overlaps `[from, to]`, one that has not ended by `to` included. */
  longest(from: number, to: number): number {
    const ended = this.#gaps
      .filter((gap) => gap.to >= from && gap.from <= to)
      .map((gap) => gap.to - gap.from);
    return Math.max(0, ...ended, this.#lastAt < to - OPEN_MS ? to - this.#lastAt : 0);
  }

  /** How often another node began to answer in `[from, to]`. */
  changes(from: number, to: number): number {
    return this.#gaps.filter(
      (gap) => gap.to >= from && gap.from <= to && gap.before !== gap.after && gap.before !== "",
    ).length;
  }

  /** The nodes that answered in `[from, to]`. */
  nodes(from: number, to: number): readonly string[] {
    const seen = this.#gaps
      .filter((gap) => gap.to >= from && gap.from <= to)
      .flatMap((gap) => [gap.before, gap.after]);
    return [...new Set([...seen, this.#lastNode])].filter((node) => node !== "");
  }
}

/** The last answer is reported every 200 ms, and waited for as long, so a younger silence may be no silence. */
const OPEN_MS = 650;

type Line =
  | ({ readonly kind: "gap" } & Gap)
  | { readonly kind: "beat"; readonly lastAt: number; readonly lastNode: string };

const decode = (line: string): Line => JSON.parse(line) as Line;
