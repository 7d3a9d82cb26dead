import { ava, nameIn, testsIn } from "./tests.ts";
import type { Rung } from "./rung.ts";

/**
 * Commands, files and git: they need a processor, and where the others wait they have it. One test at a time, because many
 * beside each other end all at once and late, which ava takes for tests that hang.
 */
const COMMANDS = ["config", "install"];

/**
 * Files of these folders run beside each other and beside the commands. They can, because no two share anything: each
 * runs in a network of its own, so that ports of 127.0.0.1 are its own, and machines, namespaces, control groups and
 * folders have names that no other file gives to its own. A folder that is not named here has its turn when these have
 * ended, one file after the other.
 */
const ABREAST = ["database", "engines", "net", "sbc", "sip", "stores"];

/** They mostly wait: for timers of SIP, for machines that boot, for servers that catch up. */
const LANES = 3;

/** Those of a minute and more, the longest first: one that began last would run alone. */
const LONGEST: readonly string[] = [
  "sip/reminder",
  "sbc/registrations",
  "sbc/takeover",
  "sbc/sessions",
  "database/mediator",
  "sbc/faults",
  "stores/clone",
  "sbc/prepaid",
  "sbc/drachtio-faults",
];

const networkOfItsOwn = (more: string, ...options: readonly string[]): readonly string[] => [
  ...["unshare", "--net", ...options],
  ...["sh", "-c", `${more}ip link set lo up && exec "$@"`, "sh"],
];

/** A place of its own, because /tmp itself may hold the checkout. */
const MEMORY = "/run/tandem-memory";

/** With temporary files in memory: every file that is put into force is waited for until it is on the disk. */
const IN_MEMORY = networkOfItsOwn(
  `mkdir -p ${MEMORY} && mount -t tmpfs tmpfs ${MEMORY} && export TMPDIR=${MEMORY} && `,
  "--mount",
);

const folderOf = (file: string): string => nameIn("contract", file).split("/")[0] ?? "";

/** What starts a command in a network that has nothing but its own 127.0.0.1. */
export const OWN_NETWORK = networkOfItsOwn("");

const alone = (file: string): readonly Rung[] =>
  ava(`contract ${nameIn("contract", file)}`, [file], { within: OWN_NETWORK });

/** Sorts the names in `LONGEST` to the front. */
const longestFirst = (files: readonly string[]): readonly string[] => {
  const names = files.map((file) => nameIn("contract", file));
  const gone = LONGEST.find((name) => !names.includes(name));
  if (gone !== undefined) throw new Error(`there is no contract test ${gone}`);
  const place = (file: string): number => {
    const at = LONGEST.indexOf(nameIn("contract", file));
    return at < 0 ? LONGEST.length : at;
  };
  return [...files].sort((one, other) => place(one) - place(other));
};

export interface Contracts {
  readonly abreast: readonly Rung[];
  readonly lanes: number;
  /** Those that may share something with others. */
  readonly others: readonly Rung[];
}

/**
 * The contract tests, each file of them once.
 *
 * @param more other rungs that share nothing with them, and have their turn among them
 */
export const contracts = (more: readonly Rung[]): Contracts => {
  const all = testsIn("contract");
  const of = (folders: readonly string[]): readonly string[] =>
    all.filter((file) => folders.includes(folderOf(file)));
  const declared = [...COMMANDS, ...ABREAST];
  return {
    abreast: [
      ...ava("contract config and install", of(COMMANDS), { serial: true, within: IN_MEMORY }),
      ...more,
      ...longestFirst(of(ABREAST)).flatMap(alone),
    ],
    lanes: LANES,
    others: all.filter((file) => !declared.includes(folderOf(file))).flatMap(alone),
  };
};
