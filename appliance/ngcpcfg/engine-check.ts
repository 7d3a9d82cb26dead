import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { ApplianceError } from "../errors.ts";
import type { PairSecrets } from "../model.ts";
import { CommandFailedError, run } from "../system/command.ts";
import { isAlive } from "../system/process.ts";
import type { BuiltFile } from "./build.ts";
import { ENGINES, type Engine, type Finding, type Said } from "./engines.ts";

class EngineRefusesError extends ApplianceError {
  override readonly name = "EngineRefusesError";
  readonly code = "NGCP_ENGINE_REFUSES";

  constructor(complaints: readonly string[]) {
    super(complaints.join("\n"));
  }
}

/** Where the engines are, and where they are shown the files. */
export interface EnginePlace {
  /** What stands for `/` to the engines: they are run in it when it is another one. */
  readonly root: string;
  /** A folder for what is shown to them, as an absolute path below `root`: usually /run/ngcpcfg. */
  readonly directory: string;
}

const FOR_ROOT_ALONE = { directory: 0o700, file: 0o600 };
const READ_WITHIN_MS = 20_000;
/** An engine says what is wrong with any of these; it is no failure that it does. */
const ANY_STATUS = Array.from({ length: 255 }, (_, index) => index + 1);

/** What is shown to the engines. */
export interface Shown {
  /** Everything that belongs on the node. */
  readonly files: readonly BuiltFile[];
  /** Paths of those that change: the engines that read them are asked. */
  readonly changed: readonly string[];
  /** Left out of what is told. */
  readonly secrets: PairSecrets | undefined;
}

interface Task {
  readonly engine: Engine;
  readonly file: BuiltFile;
}

const tasksFor = ({ files, changed }: Shown): readonly Task[] =>
  ENGINES.flatMap((engine) => {
    const mains = new Set(changed.map(engine.mainOf));
    return files.filter(({ path }) => mains.has(path)).map((file) => ({ engine, file }));
  });

/** @returns undefined where the engine is not installed */
const ask = async (root: string, { engine }: Task, at: string): Promise<Said | undefined> => {
  const command = engine.command(at);
  const [program, ...args] =
    root === "/" ? command : (["chroot", root, ...command] as [string, ...string[]]);
  try {
    const { status, stdout, stderr } = await run(program, args, {
      timeoutMs: READ_WITHIN_MS,
      apart: true,
      accept: ANY_STATUS,
      ...(engine.environment === undefined ? {} : { env: engine.environment(at) }),
    });
    return { status, text: `${stdout}\n${stderr}` };
  } catch (error) {
    if (error instanceof CommandFailedError && error.failure.kind === "notStarted")
      return undefined;
    throw error;
  }
};

/** An engine quotes what it does not understand, and that may be a password. */
const without = (secrets: PairSecrets | undefined, sentence: string): string => {
  const words: readonly string[] = Object.values(secrets ?? {}).flat();
  return words.reduce((text, secret) => text.replaceAll(secret, "(secret)"), sentence);
};

const describe = ({ name }: Engine, file: BuiltFile, { line, sentence }: Finding): string => {
  const here = line === undefined ? file.path : `line ${line} of ${file.path}`;
  const from = line === undefined ? undefined : file.origin?.lines[line - 1];
  const template =
    file.origin === undefined
      ? file.path
      : `${file.origin.template}${from === undefined ? "" : `:${from}`}`;
  return `${template}: ${name} does not take ${here}: ${sentence}`;
};

/** What a check that was killed left behind holds the secrets of the pair. */
const clearLeft = async (place: string): Promise<void> => {
  for (const name of await readdir(place)) {
    const pid = /^check-(\d+)-/.exec(name)?.[1];
    if (pid !== undefined && !isAlive(Number(pid)))
      await rm(join(place, name), { recursive: true, force: true });
  }
};

const writeAll = async (
  files: readonly BuiltFile[],
  folder: string,
  asSeen: string,
): Promise<void> => {
  for (const { path, content } of files) {
    const at = join(folder, path);
    const text = ENGINES.reduce(
      (before, { mainOf, within }) =>
        within === undefined || mainOf(path) === undefined ? before : within(before, asSeen),
      content,
    );
    await mkdir(dirname(at), { recursive: true, mode: FOR_ROOT_ALONE.directory });
    await writeFile(at, text, { mode: FOR_ROOT_ALONE.file });
  }
};

/**
 * Shows the files to the engines that will read them, before they are installed: nothing is started and nothing changes.
 *
 * @returns names of engines that would be asked and are not installed
 * @throws {EngineRefusesError} with a line for each thing that an engine found wrong, and the line of its template
 */
export const checkWithEngines = async (
  shown: Shown,
  { root, directory }: EnginePlace,
): Promise<readonly string[]> => {
  const tasks = tasksFor(shown);
  if (tasks.length === 0) return [];
  const place = join(root, directory);
  await mkdir(place, { recursive: true, mode: 0o755 });
  await clearLeft(place);
  const folder = await mkdtemp(join(place, `check-${process.pid}-`));
  const asSeen = join("/", relative(root, folder));
  try {
    await writeAll(shown.files, folder, asSeen);
    const absent = new Set<string>();
    const told = await Promise.all(
      tasks.map(async (task) => {
        const said = await ask(root, task, join(asSeen, task.file.path));
        if (said === undefined) absent.add(task.engine.name);
        const findings = said === undefined ? [] : task.engine.findings(said, task.file.content);
        return findings.map((finding) => {
          const file = shown.files.find(({ path }) => join(asSeen, path) === finding.at);
          return without(shown.secrets, describe(task.engine, file ?? task.file, finding));
        });
      }),
    );
    const complaints = told.flat();
    if (complaints.length > 0) throw new EngineRefusesError(complaints);
    return [...absent];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};
