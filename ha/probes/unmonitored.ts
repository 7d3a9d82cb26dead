import { readFileSync, renameSync, writeFileSync } from "node:fs";

/**
 * Components that an operator stopped: neither restarted nor a reason to hand over. Kept in /run, because it
 * holds over a restart of the daemon and ends with a boot.
 */
export class Unmonitored {
  readonly #path: string;
  /** Name of the component, and of the one that the operator named when it was stopped along with that. */
  readonly #stoppedFor: Map<string, string>;

  constructor(path: string) {
    this.#path = path;
    this.#stoppedFor = new Map(read(path));
  }

  has(name: string): boolean {
    return this.#stoppedFor.has(name);
  }

  names(): readonly string[] {
    return [...this.#stoppedFor.keys()];
  }

  /** What was stopped because `name` was. */
  stoppedFor(name: string): readonly string[] {
    return [...this.#stoppedFor].filter(([, cause]) => cause === name).map(([stopped]) => stopped);
  }

  add(names: readonly string[], cause: string): void {
    for (const name of names) {
      if (!this.#stoppedFor.has(name)) this.#stoppedFor.set(name, cause);
    }
    this.#save();
  }

  remove(names: readonly string[]): void {
    const removed = names.filter((name) => this.#stoppedFor.delete(name));
    if (removed.length > 0) this.#save();
  }

  #save(): void {
    const lines = [...this.#stoppedFor].map(([name, cause]) => `${name} ${cause}\n`);
    writeFileSync(`${this.#path}.new`, lines.join(""));
    renameSync(`${this.#path}.new`, this.#path);
  }
}

const read = (path: string): [string, string][] => {
  try {
    return readFileSync(path, "utf8")
      .split("\n")
      .flatMap((line): [string, string][] => {
        const [name, cause] = line.split(" ");
        return name === undefined || cause === undefined ? [] : [[name, cause]];
      });
  } catch {
    return [];
  }
};
