import { reference, type KeyReference } from "../../appliance/config/reference.ts";

const HEAD = `# Configuration keys

Made of the schemas that check the files, by \`npm run golden -- --update\`; \`ngcpcfg reference\` prints the same. Each key
is changed with \`ngcpcfg set KEY=VALUE\` and put into force with \`ngcpcfg apply "message"\`. In network.yml NODE is sp1 or
sp2, and INTERFACE one of those that the node names.
`;

const cell = (text: string): string => text.replaceAll("|", "\\|");

const row = ({ key, meaning, allowed, standard }: KeyReference): string =>
  `| \`${key}\` | ${cell(meaning)} | ${cell(allowed)} | ${standard === undefined ? "" : `\`${standard}\``} |`;

/** docs/config.md */
export const configurationKeys = (): string =>
  [
    HEAD,
    ...reference().flatMap(({ file, keys }) => [
      `## ${file}`,
      "",
      "| key | meaning | allowed | default |",
      "| --- | --- | --- | --- |",
      ...keys.map(row),
      "",
    ]),
  ].join("\n");
