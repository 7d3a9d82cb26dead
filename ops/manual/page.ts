import type { Command } from "commander";
import type { ExitMeanings } from "../exit-status.ts";

/** What a man page says beyond the definition that it shares with `--help`. */
export interface Page {
  readonly define: () => Command;
  /** Absent where the definition itself lists nothing, as for a program of many ways to end. */
  readonly exits: ExitMeanings | readonly (readonly [number, string])[];
  /** Paragraphs. */
  readonly description: readonly string[];
  readonly files: readonly (readonly [path: string, meaning: string])[];
  readonly examples: readonly (readonly [command: string, meaning: string])[];
  /** Names of pages, with their section: `ngcp-status(8)`. */
  readonly seeAlso: readonly string[];
}
