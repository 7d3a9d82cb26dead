interface Entry {
  readonly key: string;
  at: number;
  /** Its place in the heap. */
  place: number;
}

/** Deadlines by key, the earliest first: a binary heap in which a key can be moved. It knows no clock. */
export class TimerQueue {
  readonly #heap: Entry[] = [];
  readonly #entries = new Map<string, Entry>();

  /** How many deadlines wait. */
  get size(): number {
    return this.#heap.length;
  }

  /** The earliest deadline; `Infinity` when none waits. */
  get nextAt(): number {
    return this.#heap[0]?.at ?? Infinity;
  }

  /** Sets the deadline of `key`, in place of the one it had; `Infinity` takes it away. */
  set(key: string, at: number): void {
    if (at === Infinity) {
      this.delete(key);
      return;
    }
    const known = this.#entries.get(key);
    const entry = known ?? { key, at, place: this.#heap.length };
    if (known === undefined) {
      this.#entries.set(key, entry);
      this.#heap.push(entry);
    }
    entry.at = at;
    this.#settle(entry);
  }

  delete(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
    const last = this.#heap.pop();
    if (last === undefined || last === entry) return;
    this.#put(last, entry.place);
    this.#settle(last);
  }

  /** Takes out a key that is due, the one that is due longest first; `undefined` when none is. */
  takeDue(nowMs: number): string | undefined {
    const first = this.#heap[0];
    if (first === undefined || first.at > nowMs) return undefined;
    this.delete(first.key);
    return first.key;
  }

  #put(entry: Entry, place: number): void {
    entry.place = place;
    this.#heap[place] = entry;
  }

  #settle(entry: Entry): void {
    this.#rise(entry);
    this.#sink(entry);
  }

  #rise(entry: Entry): void {
    while (entry.place > 0) {
      const place = (entry.place - 1) >> 1;
      const parent = this.#heap[place];
      if (parent === undefined || parent.at <= entry.at) return;
      this.#put(parent, entry.place);
      this.#put(entry, place);
    }
  }

  #sink(entry: Entry): void {
    for (;;) {
      const child = this.#smallerChild(entry.place);
      if (child === undefined || child.at >= entry.at) return;
      const { place } = child;
      this.#put(child, entry.place);
      this.#put(entry, place);
    }
  }

  #smallerChild(place: number): Entry | undefined {
    const left = this.#heap[2 * place + 1];
    const right = this.#heap[2 * place + 2];
    return right !== undefined && left !== undefined && right.at < left.at ? right : left;
  }
}
