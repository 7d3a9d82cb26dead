/** Mixes a word and a seed into four words of state (splitmix32). */
const spread = (seed: number, label: string): Uint32Array => {
  let mixed = seed >>> 0;
  for (const letter of label) mixed = Math.imul(mixed ^ letter.charCodeAt(0), 0x9e3779b1) >>> 0;
  return Uint32Array.from({ length: 4 }, () => {
    mixed = (mixed + 0x9e3779b9) >>> 0;
    let word = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad);
    word = Math.imul(word ^ (word >>> 15), 0x735a2d97);
    return (word ^ (word >>> 15)) >>> 0;
  });
};

/**
 * Chance that repeats: the same seed and label give the same numbers on every machine (sfc32).
 * Each part of the simulation draws from a stream of its own, so that a fault left out of a schedule
 * does not change what the network does to the rest of it.
 */
export class Random {
  readonly #words: Uint32Array;

  constructor(seed: number, label: string) {
    this.#words = spread(seed, label);
    for (let round = 0; round < 12; round += 1) this.next();
  }

  /** From 0, inclusive, to 1, exclusive. */
  next(): number {
    const [a = 0, b = 0, c = 0, counter = 0] = this.#words;
    const sum = (a + b + counter) >>> 0;
    this.#words[3] = counter + 1;
    this.#words[0] = b ^ (b >>> 9);
    this.#words[1] = c + (c << 3);
    this.#words[2] = ((c << 21) | (c >>> 11)) + sum;
    return sum / 4_294_967_296;
  }

  between(low: number, high: number): number {
    return low + (high - low) * this.next();
  }

  /** Both ends included. */
  integer(low: number, high: number): number {
    return Math.floor(this.between(low, high + 1));
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<Item>(items: readonly [Item, ...Item[]]): Item {
    return items[this.integer(0, items.length - 1)] ?? items[0];
  }
}
