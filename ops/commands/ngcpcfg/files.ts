import type { ConfigGround } from "./ground.ts";
import { ValueRefusedError } from "./rewrite.ts";

const PIECE = /^config\.d\/[\w.-]+\.yml$/;

/**
 * The name, below /etc/ngcp-config, of a file that operators write and that is read.
 *
 * @param name with or without the path of the configuration before it
 * @throws {ValueRefusedError} for a file that nobody reads, or that is not for operators
 */
export const layerNamed = ({ site }: ConfigGround, name: string): string => {
  const prefix = `${site.configDirectory}/`;
  const file = name.startsWith(prefix) ? name.slice(prefix.length) : name;
  const layers = ["sp1", "sp2", "sp", site.host, "local"].map((layer) => `config.${layer}.yml`);
  if (
    ["config.yml", "network.yml", "maintenance.yml", ...layers].includes(file) ||
    PIECE.test(file)
  )
    return file;
  throw new ValueRefusedError(
    `${file} is no file of the configuration; config.yml, network.yml, maintenance.yml, ${layers.join(", ")} and config.d/NAME.yml are`,
  );
};
