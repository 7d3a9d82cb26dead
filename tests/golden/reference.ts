import { reference, type KeyReference } from "../../appliance/config/reference.ts";

const HEAD = `# Configuration keys

Made of the schemas that check the files, by \`npm run golden -- --update\`; \`ngcpcfg reference\` prints the same. Each key
is changed with \`ngcpcfg set KEY=VALUE\` and put into force with \`ngcpcfg apply "message"\`. In network.yml NODE is sp1 or
sp2, and INTERFACE one of those that the node names. The nodes must agree on the keys that say so in the last column: only
\`ngcpcfg apply --pair "message"\` changes them, on both.
`;

const cell = (text: string): string => text.replaceAll("|", "\\|");

const row = ({ key, meaning, allowed, standard, onBoth }: KeyReference): string =>
  `| \`${key}\` | ${cell(meaning)} | ${cell(allowed)} | ${standard === undefined ? "" : `\`${standard}\``} | ${onBoth ? "yes" : ""} |`;

/** docs/config.md */
export const configurationKeys = (): string =>
  [
    HEAD,
    ...reference().flatMap(({ file, keys }) => [
      `## ${file}`,
      "",
      "| key | meaning | allowed | default | on both nodes |",
      "| --- | --- | --- | --- | --- |",
      ...keys.map(row),
      "",
    ]),
  ].join("\n");
