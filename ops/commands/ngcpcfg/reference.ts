import { editorSchema, reference, type KeyReference } from "../../../appliance/config/reference.ts";
import type { ExitName } from "../../exit-status.ts";
import type { Desk } from "../../tool.ts";

const INDENT = "    ";

const describeKey = ({
  key,
  allowed,
  standard,
  meaning,
  onBoth,
}: KeyReference): readonly string[] => [
  key,
  `${INDENT}${meaning}.`,
  `${INDENT}allowed: ${allowed}`,
  ...(standard === undefined ? [] : [`${INDENT}default: ${standard}`]),
  ...(onBoth ? [`${INDENT}on both nodes: only ngcpcfg apply --pair changes it`] : []),
];

export interface ReferenceOptions {
  readonly json?: true;
  readonly schema?: true;
}

/** `ngcpcfg reference [WORD]`: every key whose name has WORD in it, with what is allowed and what holds without it. */
export const printReference = (
  desk: Desk,
  [word = ""]: readonly string[],
  { json, schema }: ReferenceOptions,
): ExitName => {
  if (schema === true) {
    desk.say(JSON.stringify(editorSchema(), undefined, 2));
    return "done";
  }
  const files = reference().map(({ file, keys }) => ({
    file,
    keys: keys.filter(({ key }) => key.includes(word)),
  }));
  const found = files.filter(({ keys }) => keys.length > 0);
  if (json === true) desk.say(JSON.stringify(found, undefined, 2));
  else
    found.forEach(({ file, keys }, index) => {
      if (index > 0) desk.say("");
      desk.say(`# ${file}`);
      for (const line of keys.flatMap(describeKey)) desk.say(line);
    });
  if (found.length > 0) return "done";
  desk.complain(`no key has ${word} in its name`);
  return "failed";
};
