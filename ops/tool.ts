import type { Command } from "commander";
import type { ControlPort } from "./commands/control-port.ts";
import type { UnitControlPort } from "./commands/unit-control-port.ts";
import type { ExitMeanings, ExitName } from "./exit-status.ts";

/** What a tool is given of the world, so that it can be tried without a process of its own. */
export interface Desk {
  readonly control: ControlPort;
  /** systemd, for what can be done while the daemon is silent. */
  readonly units: UnitControlPort;
  /** Name of this node. */
  readonly node: string;
  /** Prints a line on standard output. */
  readonly say: (line: string) => void;
  /** Prints a line on standard error. */
  readonly complain: (line: string) => void;
  /** Shows `line` in place of the line shown before; an empty one takes it away. Absent where nobody watches. */
  readonly showProgress: ((line: string) => void) | undefined;
  /** Milliseconds of the wall clock. */
  readonly now: () => number;
  /** From the first call on Ctrl-C, SIGTERM and SIGHUP do not end the process but fire the signal, the same at each call. */
  readonly onInterrupt: () => AbortSignal;
}

/** One program for operators: what it is called with, and what it does then. */
export interface Tool {
  /** The definition that `--help`, the man page and the parser share. */
  readonly define: () => Command;
  readonly exits: ExitMeanings;
  /** True for what must not stop half-way because nobody reads its lines any more. */
  readonly outlivesReader?: true;
  /** @throws {ApplianceError} what the operator is told instead of an answer */
  readonly run: (parsed: Command, desk: Desk) => Promise<ExitName>;
}
