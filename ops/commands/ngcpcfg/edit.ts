import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ExitName } from "../../exit-status.ts";
import type { Desk } from "../../tool.ts";
import { layerNamed } from "./files.ts";
import type { ConfigGround } from "./ground.ts";
import { kept } from "./keeping.ts";
import { alone } from "./lock.ts";
import { rewrite, textOf, ValueRefusedError } from "./rewrite.ts";

const FOR_ROOT_ALONE = 0o600;

interface Copy {
  readonly path: string;
  /** What the file said when the copy was made. */
  readonly base: string;
}

/** A text that was refused is gone on with, as long as the file is what it was made from. */
const copyFor = async (desk: Desk, ground: ConfigGround, file: string): Promise<Copy> => {
  const path = join(ground.stateDirectory, `edit-${file.replaceAll("/", "-")}`);
  const now = await textOf(join(ground.site.configDirectory, file));
  const left = await textOf(path);
  if (left !== "" && (await textOf(`${path}.base`)) === now) {
    desk.say(`Going on with the text of ${file} that was not taken.`);
    return { path, base: now };
  }
  if (left !== "") {
    await rename(path, `${path}.old`);
    desk.say(`${file} has changed since; what was not taken then is in ${path}.old`);
  }
  await mkdir(ground.stateDirectory, { recursive: true, mode: 0o755 });
  await writeFile(`${path}.base`, now, { mode: FOR_ROOT_ALONE });
  await writeFile(path, now, { mode: FOR_ROOT_ALONE });
  return { path, base: now };
};

const forget = async (path: string): Promise<void> => {
  await rm(path, { force: true });
  await rm(`${path}.base`, { force: true });
};

const inEditor = async (ground: ConfigGround, { path, base }: Copy): Promise<string> => {
  try {
    await ground.openEditor(path);
  } catch (error) {
    if ((await textOf(path)) === base) await forget(path);
    throw error;
  }
  return await textOf(path);
};

/**
 * `ngcpcfg edit [FILE]`: the editor works on a copy, which takes the place of the file when the configuration is right with
 * it. A text that is refused is not lost: the next edit goes on with it.
 */
export const editOn = async (
  desk: Desk,
  ground: ConfigGround,
  [name = "config.yml"]: readonly string[],
): Promise<ExitName> => {
  const file = layerNamed(ground, name);
  const copy = await copyFor(desk, ground, file);
  const text = await inEditor(ground, copy);
  const edit = (before: string): string => {
    if (before === copy.base) return text;
    throw new ValueRefusedError(`${file} was changed by somebody else meanwhile`);
  };
  const end = await kept(desk, ground, (shown) =>
    alone(ground.runtimeDirectory, () =>
      rewrite(shown, ground, { file, edit, what: "the new text" }),
    ),
  );
  if (end === "done") await forget(copy.path);
  else
    desk.complain(
      `The text is kept: ngcpcfg edit ${file} goes on with it; rm ${copy.path} gives it up.`,
    );
  return end;
};
