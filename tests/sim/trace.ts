import type { Effect } from "../../ha/core/effect.ts";
import type { HaEvent } from "../../ha/core/event.ts";
import type { Heartbeat } from "../../ha/core/heartbeat.ts";
import { describeEffect, describeEvent, describeHeartbeat } from "../scenarios/words.ts";

const HASH_START = 0x811c9dc5;
const HASH_PRIME = 0x01000193;

const hashOf = (text: string, start: number): number => {
  let hash = start;
  for (let place = 0; place < text.length; place += 1)
    hash = Math.imul(hash ^ text.charCodeAt(place), HASH_PRIME);
  return hash;
};

/**
 * The transcript of one seed: each event that made the core do more than say again what it said before,
 * and each fault. A hash of it is always kept, the lines only for a replay.
 */
export class Trace {
  readonly lines: string[] = [];
  readonly #keepsLines: boolean;
  readonly #said = new Map<string, string>();
  #hash = HASH_START;

  constructor(keepsLines: boolean) {
    this.#keepsLines = keepsLines;
  }

  get hash(): string {
    return (this.#hash >>> 0).toString(16).padStart(8, "0");
  }

  note(nowMs: number, who: string, what: string): void {
    const line = `${nowMs.toFixed(1).padStart(9)} ${who.padEnd(4)} ${what}`;
    this.#hash = hashOf(line, this.#hash);
    if (this.#keepsLines) this.lines.push(line);
  }

  step(nowMs: number, who: string, event: HaEvent, effects: readonly Effect[]): void {
    if (effects.length === 0) return;
    const news = effects.filter((effect) => this.#isNews(who, effect));
    if (news.length === 0) return;
    const [first, ...rest] = news.map(describeEffect);
    this.note(nowMs, who, `${describeEvent(event).padEnd(34)} → ${first ?? ""}`);
    for (const effect of rest) this.note(nowMs, who, `${"".padEnd(34)} → ${effect}`);
  }

  #isNews(who: string, effect: Effect): boolean {
    if (effect.kind !== "sendHeartbeat") return true;
    const words = this.#words(effect.heartbeat);
    if (this.#said.get(who) === words) return false;
    this.#said.set(who, words);
    return true;
  }

  #words(heartbeat: Heartbeat): string {
    return describeHeartbeat(heartbeat);
  }
}
