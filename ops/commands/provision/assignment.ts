import { parse } from "yaml";
import { ApplianceError } from "../../../appliance/errors.ts";

export class AssignmentError extends ApplianceError {
  override readonly name = "AssignmentError";
  readonly code = "NGCP_VALUE_REFUSED";
}

type Tree = Readonly<Record<string, unknown>>;

const isTree = (value: unknown): value is Tree =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const NUMBER = /^(0|[1-9]\d{0,14})$/;

/** `true`, `5060`, `[a, b]` and `{a: b}` as in YAML; every other text is itself, as are numbers that begin with 0. */
const valueOf = (text: string): unknown => {
  if (text === "true" || text === "false") return text === "true";
  if (NUMBER.test(text)) return Number(text);
  return /^[[{]/.test(text) ? parse(text) : text;
};

const withValue = (tree: Tree, [key = "", ...rest]: readonly string[], value: unknown): Tree => {
  if (rest.length === 0) {
    const others = Object.entries(tree).filter(([name]) => name !== key);
    return Object.fromEntries(value === undefined ? others : [...others, [key, value]]);
  }
  const below = tree[key];
  return { ...tree, [key]: withValue(isTree(below) ? below : {}, rest, value) };
};

/**
 * `tree` with the values of `KEY=VALUE` words; a KEY may lead downwards, as in `preferences.clir=true`, and an empty
 * VALUE takes it away.
 *
 * @throws {AssignmentError} a word is no `KEY=VALUE`, or its value is no YAML
 */
export const assign = (tree: Tree, words: readonly string[]): Tree =>
  words.reduce<Tree>((sofar, word) => {
    const at = word.indexOf("=");
    if (at < 1) throw new AssignmentError(`${word} is no KEY=VALUE`);
    const [key, text] = [word.slice(0, at), word.slice(at + 1)];
    // A password is itself, whatever it looks like.
    const isText = key === "password" || key === "description";
    try {
      const value = isText ? text : valueOf(text);
      return withValue(sofar, key.split("."), text === "" ? undefined : value);
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new AssignmentError(`the value of ${key} is no YAML: ${why}`, { cause });
    }
  }, tree);
