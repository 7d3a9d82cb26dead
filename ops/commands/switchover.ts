import { InvalidArgumentError } from "commander";
import type { CommandAnswer, Status } from "../../ha/control/contract.ts";
import { type ExitName, USUAL_EXITS } from "../exit-status.ts";
import { describeDuration } from "../output/duration.ts";
import type { Desk } from "../tool.ts";

const PROGRESS_EVERY_MS = 250;

/** How long a switchover is waited for unless the operator says otherwise. Seconds. */
export const DEFAULT_TIMEOUT_SECONDS = 30;

export const SWITCHOVER_EXITS = {
  ...USUAL_EXITS,
  done: "done",
  refused: "refused; nothing was changed, and the reason is on standard error",
  timedOut: "not done in time; it may still happen, ngcp-status tells",
} as const;

/** Parses `--timeout`: whole or decimal seconds, more than 0 and at most an hour. */
export const parseSeconds = (text: string): number => {
  const seconds = Number(text);
  if (text.trim() === "" || !(seconds > 0 && seconds <= 3_600)) {
    throw new InvalidArgumentError("Seconds between 0 and 3600 are expected.");
  }
  return seconds;
};

/**
 * Waits for the daemon's answer and tells the operator, who sees on a terminal meanwhile how far it is.
 *
 * @param json prints the whole answer as JSON instead of its sentence
 */
export const awaitAnswer = async (
  desk: Desk,
  json: boolean,
  ask: () => Promise<CommandAnswer>,
): Promise<ExitName> => {
  const answer = await withProgress(desk, ask);
  if (json) desk.say(JSON.stringify(answer));
  else if (answer.outcome === "done") desk.say(answer.sentence);
  else desk.complain(answer.code === null ? answer.sentence : `${answer.code}: ${answer.sentence}`);
  return answer.outcome;
};

const withProgress = async <Answer>(desk: Desk, ask: () => Promise<Answer>): Promise<Answer> => {
  const { showProgress } = desk;
  if (showProgress === undefined) return ask();
  const startedMs = desk.now();
  let asking = false;
  const show = async (): Promise<void> => {
    if (asking) return;
    asking = true;
    try {
      const status = await desk.control.status();
      showProgress(`${describeProgress(status)} (${describeDuration(desk.now() - startedMs)})`);
    } catch {
      // The answer that is waited for tells what is wrong; a missing progress line tells nothing.
    } finally {
      asking = false;
    }
  };
  const timer = setInterval(() => void show(), PROGRESS_EVERY_MS);
  try {
    return await ask();
  } finally {
    clearInterval(timer);
    showProgress("");
  }
};

const describeProgress = ({ node, role, peer, components }: Status): string => {
  const pending = components
    .filter(({ state }) => state === "starting")
    .map(({ name }) => `${name} is starting`);
  return [`${node} ${role}`, `${peer.node} ${peer.role ?? "silent"}`, ...pending].join(", ");
};
