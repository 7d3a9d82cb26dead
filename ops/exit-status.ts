/** How the tools end. The numbers are part of what scripts rely on; they never change. */
export const EXIT_STATUS = {
  done: 0,
  failed: 1,
  usage: 2,
  refused: 3,
  timedOut: 4,
  unreachable: 5,
} as const;

export type ExitName = keyof typeof EXIT_STATUS;

/** What a tool's statuses mean, in the words of that tool. */
export type ExitMeanings = Readonly<Partial<Record<ExitName, string>>>;

/** What holds for every tool that speaks to the daemon. */
export const USUAL_EXITS: ExitMeanings = {
  failed: "it failed; the reason is on standard error",
  usage: "wrong usage",
  unreachable: "the daemon ngcp-ha does not answer",
};

/** One line for each status, smallest first: `0  done`. */
export const exitLines = (meanings: ExitMeanings): readonly (readonly [number, string])[] =>
  Object.entries(EXIT_STATUS).flatMap(([name, status]) => {
    const meaning = Object.entries(meanings).find(([known]) => known === name)?.[1];
    return meaning === undefined ? [] : [[status, meaning] as const];
  });

/** The end of a help text. */
export const exitStatusHelp = (meanings: ExitMeanings): string =>
  ["", "Exit status:", ...exitLines(meanings).map(([status, text]) => `  ${status}  ${text}`)].join(
    "\n",
  );
