import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ExitName } from "../../exit-status.ts";
import type { Desk } from "../../tool.ts";
import type { ConfigGround } from "./ground.ts";
import { rewrite, textOf } from "./rewrite.ts";

const FOR_ROOT_ALONE = 0o600;

/**
 * `ngcpcfg edit [FILE]`: the editor works on a copy, which takes the place of the file when the configuration is right with
 * it. A text that is refused is not lost: the next edit goes on with it.
 */
export const editOn = async (
  desk: Desk,
  ground: ConfigGround,
  [name = "config.yml"]: readonly string[],
): Promise<ExitName> => {
  const file = name.slice(name.lastIndexOf("/") + 1);
  if (!/^(config(\..+)?|network)\.yml$/.test(file)) {
    desk.complain(
      `${file} is not edited here; config.yml, network.yml or a layer such as config.sp1.yml is`,
    );
    return "failed";
  }
  const copy = join(ground.stateDirectory, `edit-${file}`);
  const left = await textOf(copy);
  if (left === "") {
    await mkdir(ground.stateDirectory, { recursive: true, mode: 0o755 });
    const text = await textOf(join(ground.site.configDirectory, file));
    await writeFile(copy, text, { mode: FOR_ROOT_ALONE });
  } else desk.say(`Going on with the text of ${file} that was refused.`);
  await ground.openEditor(copy);
  const text = await textOf(copy);
  const end = await rewrite(desk, ground, { file, edit: () => text, what: "the new text" });
  if (end === "done") await rm(copy);
  else
    desk.complain(
      `The text is kept: ngcpcfg edit ${file} goes on with it; rm ${copy} gives it up.`,
    );
  return end;
};
