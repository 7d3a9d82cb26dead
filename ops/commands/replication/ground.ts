import { readFileSync } from "node:fs";
import type { Appliance } from "../../../appliance/model.ts";
import { NotComparableError } from "./errors.ts";
import type { QuarantineGround } from "./quarantine/index.ts";

const SETTINGS = "/etc/ngcp-ha/settings.json";
export const MYSQL_SOCKET = "/run/mysqld/mysqld.sock";
export const STATE = "/var/lib/ngcp-ha";
export const QUARANTINE = `${STATE}/quarantine`;

export const settingsOfThisNode = (): Appliance => {
  try {
    return JSON.parse(readFileSync(SETTINGS, "utf8")) as Appliance;
  } catch (cause) {
    const why = `${SETTINGS} cannot be read: it is for root, and ngcpcfg build writes it`;
    throw new NotComparableError(why, { cause });
  }
};

export const GROUND: QuarantineGround = {
  store: QUARANTINE,
  socketPath: MYSQL_SOCKET,
  appliance: settingsOfThisNode,
};
