import type { Argument, Command, Option } from "commander";
import { exitLines } from "../exit-status.ts";
import { VERSION } from "../../appliance/version.ts";
import type { Page } from "./page.ts";

/** Text as roff takes it literally: no escapes, no requests at the beginning of a line, real hyphens. */
const literal = (text: string): string =>
  text
    .replaceAll("\\", "\\e")
    .replaceAll("-", "\\-")
    .replaceAll("'", "\\(aq")
    .replaceAll("`", "\\(ga")
    .replaceAll(/^\./gm, "\\&.");

const bold = (text: string): string => `\\fB${literal(text)}\\fR`;

const section = (title: string, lines: readonly string[]): readonly string[] =>
  lines.length === 0 ? [] : [`.SH ${title}`, ...lines];

const paragraphs = (texts: readonly string[]): readonly string[] =>
  texts.flatMap((text) => [".PP", literal(text)]);

const item = (term: string, text: string): readonly string[] => [".TP", term, literal(text)];

const withDefault = (text: string, value: unknown): string =>
  typeof value === "number" || typeof value === "string" ? `${text} (default: ${value})` : text;

const optionItem = (option: Option): readonly string[] =>
  item(bold(option.flags), withDefault(option.description, option.defaultValue));

const argumentItem = (argument: Argument): readonly string[] => {
  const choices =
    argument.argChoices === undefined ? "" : ` (one of ${argument.argChoices.join(", ")})`;
  return item(bold(argument.name()), `${argument.description}${choices}`);
};

const commandItems = (command: Command): readonly string[] =>
  command
    .createHelp()
    .visibleCommands(command)
    .flatMap((child) => {
      if (child.name() === "help") return [];
      const help = child.createHelp();
      const options = help.visibleOptions(child).filter(({ long }) => long !== "--help");
      const inner = [...help.visibleArguments(child).map(argumentItem), ...options.map(optionItem)];
      return [
        ...item(bold(`${child.name()} ${child.usage()}`.trim()), child.description()),
        ...(inner.length === 0 ? [] : [".RS", ...inner.flat(), ".RE"]),
      ];
    });

const statusItems = (exits: Page["exits"]): readonly string[] =>
  (isList(exits) ? exits : exitLines(exits)).flatMap(([status, meaning]) =>
    item(bold(String(status)), meaning),
  );

const isList = (exits: Page["exits"]): exits is readonly (readonly [number, string])[] =>
  Array.isArray(exits);

const exampleItems = (examples: Page["examples"]): readonly string[] =>
  examples.flatMap(([command, meaning]) => item(bold(command), meaning));

/** One man page of section 8: the definition says what is possible, the page what it is for. */
export const manPage = (page: Page): string => {
  const command = page.define();
  const help = command.createHelp();
  const name = command.name();
  return `${[
    `.TH ${literal(name.toUpperCase())} 8 "" "ngcp\\-tandem ${VERSION}" "System administration"`,
    ...section("NAME", [`${literal(name)} \\- ${literal(command.description())}`]),
    ...section("SYNOPSIS", [`${bold(name)} ${literal(command.usage())}`.trimEnd()]),
    ...section("DESCRIPTION", paragraphs(page.description)),
    ...section("COMMANDS", commandItems(command)),
    ...section("ARGUMENTS", help.visibleArguments(command).flatMap(argumentItem)),
    ...section("OPTIONS", help.visibleOptions(command).flatMap(optionItem)),
    ...section("EXIT STATUS", statusItems(page.exits)),
    ...section(
      "FILES",
      page.files.flatMap(([path, meaning]) => item(bold(path), meaning)),
    ),
    ...section("EXAMPLES", exampleItems(page.examples)),
    ...section("SEE ALSO", [page.seeAlso.map(seeAlso).join(",\n")]),
  ].join("\n")}\n`;
};

const seeAlso = (reference: string): string => {
  const [name, rest] = reference.split("(");
  return rest === undefined ? bold(reference) : `${bold(name ?? "")}(${rest}`;
};
