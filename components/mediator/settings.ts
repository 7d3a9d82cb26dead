import { readFileSync } from "node:fs";
import type { PassSettings } from "./pass.ts";

/** Written by ngcpcfg from the section `mediator` of config.yml. */
export const SETTINGS_FILE = "/etc/ngcp-mediator/settings.json";

/** What ngcp-mediator writes after each look at the database: seconds since the machine was started. */
export const ALIVE_FILE = "/run/ngcp-mediator/alive";

/** @throws the error of the file system, or of JSON.parse: ngcpcfg writes the file whole */
export const readSettings = (path: string): PassSettings =>
  JSON.parse(readFileSync(path, "utf8")) as PassSettings;
