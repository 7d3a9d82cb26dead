import type { Pair } from "./pair.ts";

/** A failure story that is told on a booted pair. It throws when the pair does not do what the story says. */
export type Story = (pair: Pair) => Promise<void>;

export interface Drill {
  readonly name: string;
  /** The story in a sentence. */
  readonly title: string;
  readonly story: Story;
}

/** What a file of drills says: `export const story = drill("power-cut", "the power of the active node is cut", ...)`. */
export const drill = (name: string, title: string, story: Story): Drill => ({
  name,
  title,
  story,
});
