import {
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { uptime } from "node:os";
import { dirname, join } from "node:path";
import type { Role } from "../core/heartbeat.ts";
import type { SharedAddress } from "../core/settings.ts";
import type { Millis } from "../core/time.ts";

/** What the units of ngcp-active.target may do here. */
export type ServicesWord = "closed" | "prepared" | "open";

/** The shared addresses, one `DEVICE CIDR` a line: what ngcp-ha-release removes when the daemon cannot. */
export const ADDRESSES_FILE = "/run/ngcp-ha/addresses";

const writeWhole = (path: string, text: string): void => {
  const temporary = `${path}.new`;
  writeFileSync(temporary, text, { mode: 0o644 });
  renameSync(temporary, path);
};

/**
 * Beside the role file; it is there while what belongs to the active node may be started here. The units look for it
 * (ConditionPathExists=) without a process: a script that read the role file took each of them 45 ms more (decision 0035).
 */
const MAY_RUN = "may-run";

const mayRun = (role: Role, services: ServicesWord): boolean =>
  role === "promoting" || role === "active" || role === "demoting" || services === "prepared";

const isServicesWord = (word: string | undefined): word is ServicesWord =>
  word === "closed" || word === "prepared" || word === "open";

/**
 * What a daemon that ran before this one left running, by its own word; /run is empty after a boot.
 * A file that is not there means closed.
 */
export const servicesLeftBehind = (path: string): ServicesWord => {
  try {
    const word = readFileSync(path, "utf8").trim().split(" ")[2];
    return isServicesWord(word) ? word : "closed";
  } catch {
    return "closed";
  }
};

export const writeAddressesFile = (path: string, addresses: readonly SharedAddress[]): void => {
  mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
  writeWhole(path, addresses.map(({ device, cidr }) => `${device} ${cidr}\n`).join(""));
};

/**
 * Rewritten at the first heartbeat after this time, every third of a node at rest: the readers take what is older than
 * the dead time for unknown, and the largest gap between two heartbeats beside 8 busy loops was 65 ms.
 */
const REWRITE_AFTER_MS = 130;

const MS_PER_SECOND = 1_000;
/** Somebody may remove the file, and the uptime goes on while a machine sleeps, which the monotonic clock does not. */
const ANEW_EVERY_MS = 1_000;

/**
 * The role of this node for tools and units that must not depend on the daemon: `ROLE UPTIME SERVICES DEAD_MS`.
 * /run is memory, so writing it never waits for a disk. What has changed comes as a new file, and so does what was written
 * a second ago; in between the time alone is written over the old one, which has the same length. A reader that takes byte after
 * byte, as a shell does, may then find a time that never was: it reads once more (`ngcp-check-active`).
 */
export class RoleFile {
  readonly #path: string;
  readonly #mayRunPath: string;
  readonly #now: () => number;
  #writtenAt = Number.NEGATIVE_INFINITY;
  readonly #deadMs: Millis;
  #role: Role = "starting";
  #services: ServicesWord;
  /** Undefined before the first writing: a daemon before this one may have left the file. */
  #mayRun: boolean | undefined;
  /** The file that was written last, open, and what it says but for the time. */
  #open: { readonly file: number; readonly says: string } | undefined;
  /** When it was last written as a new file, and the uptime then. */
  #anew = { at: Number.NEGATIVE_INFINITY, uptimeMs: 0 };

  /**
   * @param deadMs the age from which on the file says nothing any more
   * @param now the monotonic clock, milliseconds
   */
  constructor(path: string, services: ServicesWord, deadMs: Millis, now: () => number) {
    this.#path = path;
    this.#mayRunPath = join(dirname(path), MAY_RUN);
    this.#deadMs = deadMs;
    this.#now = now;
    this.#services = services;
    mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
  }

  /** Called with every heartbeat: the age of the file tells whether the daemon lives. */
  writeRole(role: Role): void {
    if (role === this.#role && this.#now() - this.#writtenAt < REWRITE_AFTER_MS) return;
    this.#role = role;
    this.#write();
  }

  /** Written before each services step, so that the units started by it are let run. */
  writeServices(services: ServicesWord): void {
    this.#services = services;
    this.#write();
  }

  #write(): void {
    this.#writtenAt = this.#now();
    const may = mayRun(this.#role, this.#services);
    if (may !== this.#mayRun) {
      if (may) writeFileSync(this.#mayRunPath, "");
      else rmSync(this.#mayRunPath, { force: true });
      this.#mayRun = may;
    }
    const isOld = this.#writtenAt - this.#anew.at >= ANEW_EVERY_MS;
    if (isOld) this.#anew = { at: this.#writtenAt, uptimeMs: uptime() * MS_PER_SECOND };
    const { at, uptimeMs } = this.#anew;
    const seconds = ((uptimeMs + this.#writtenAt - at) / MS_PER_SECOND).toFixed(2);
    const text = `${this.#role} ${seconds} ${this.#services} ${this.#deadMs}\n`;
    const says = `${this.#role} ${seconds.length} ${this.#services}`;
    if (this.#open?.says === says && !isOld) writeSync(this.#open.file, text, 0);
    else this.#writeAnew(text, says);
  }

  #writeAnew(text: string, says: string): void {
    writeWhole(this.#path, text);
    if (this.#open !== undefined) closeSync(this.#open.file);
    this.#open = undefined;
    this.#open = { file: openSync(this.#path, "r+"), says };
  }
}
