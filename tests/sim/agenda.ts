interface Entry {
  readonly atMs: number;
  readonly order: number;
  readonly action: () => void;
}

const isBefore = (one: Entry, other: Entry): boolean =>
  one.atMs < other.atMs || (one.atMs === other.atMs && one.order < other.order);

/** What will happen and when: a binary heap. Things of the same time happen in the order they were planned. */
export class Agenda {
  readonly #heap: Entry[] = [];
  #planned = 0;
  #nowMs = 0;

  /** The time of the world, in milliseconds. No node sees it: each has a clock of its own. */
  get nowMs(): number {
    return this.#nowMs;
  }

  in(delayMs: number, action: () => void): void {
    this.#planned += 1;
    this.#push({ atMs: this.#nowMs + Math.max(0, delayMs), order: this.#planned, action });
  }

  /** Lets time pass to `untilMs`. Stops early when `stop` says so. */
  run(untilMs: number, stop: () => boolean): void {
    for (let first = this.#heap[0]; first !== undefined; first = this.#heap[0]) {
      if (first.atMs > untilMs || stop()) return;
      this.#pop();
      this.#nowMs = first.atMs;
      first.action();
    }
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    let place = heap.length;
    heap.push(entry);
    while (place > 0) {
      const parent = (place - 1) >> 1;
      const above = heap[parent];
      if (above === undefined || !isBefore(entry, above)) break;
      heap[place] = above;
      place = parent;
    }
    heap[place] = entry;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let place = 0;
    for (;;) {
      const left = 2 * place + 1;
      const [one, other] = [heap[left], heap[left + 1]];
      if (one === undefined) break;
      const right = other !== undefined && isBefore(other, one);
      const child = right ? other : one;
      if (!isBefore(child, last)) break;
      heap[place] = child;
      place = right ? left + 1 : left;
    }
    heap[place] = last;
  }
}
