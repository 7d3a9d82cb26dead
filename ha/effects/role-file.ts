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
import { ROLES } from "../core/heartbeat.ts";
import type { SharedAddress } from "../core/settings.ts";
import type { Instant, Millis } from "../core/time.ts";
import type { Journal } from "../journal/journal.ts";
import { describe } from "./describe.ts";

/** What the units of ngcp-active.target may do here. */
export type ServicesWord = "closed" | "prepared" | "open";

/** Beside the role file: the shared addresses, one `DEVICE CIDR` a line, which ngcp-ha-release removes when the daemon cannot. */
const ADDRESSES = "addresses";

const writeWhole = (path: string, text: string): void => {
  const temporary = `${path}.new`;
  writeFileSync(temporary, text, { mode: 0o644 });
  renameSync(temporary, path);
};

const MS_PER_SECOND = 1_000;

/**
 * Beside the role file; it is there while what belongs to the active node may be started here. The units look for it
 * (ConditionPathExists=) without a process: a script that read the role file took each of them 45 ms more (decision 0035).
 */
const MAY_RUN = "may-run";

const mayRun = (role: Role, services: ServicesWord): boolean =>
  role === "promoting" || role === "active" || role === "demoting" || services === "prepared";

const isServicesWord = (word: string | undefined): word is ServicesWord =>
  word === "closed" || word === "prepared" || word === "open";

const isRole = (word: string): word is Role => ROLES.some((role) => role === word);

/**
 * The role of this node by the word of the daemon before this one, if that was heard within `withinMs`: a node whose daemon was
 * away for longer has had no role meanwhile.
 */
export const roleLeftBehind = (path: string, withinMs: Millis): Role | undefined => {
  try {
    const [role = "", seconds] = readFileSync(path, "utf8").split(" ");
    const ageMs = (uptime() - Number(seconds)) * MS_PER_SECOND;
    return isRole(role) && ageMs <= withinMs ? role : undefined;
  } catch {
    return undefined;
  }
};

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

const linesOf = (addresses: readonly SharedAddress[]): string =>
  addresses.map(({ device, cidr }) => `${device} ${cidr}\n`).join("");

/**
 * Rewritten at the first heartbeat after this time, every third of a node at rest: the readers take what is older than
 * the dead time for unknown, and the largest gap between two heartbeats beside 8 busy loops was 65 ms.
 */
const REWRITE_AFTER_MS = 130;

/** Somebody may remove the files, and the uptime goes on while a machine sleeps, which the monotonic clock does not. */
const ANEW_EVERY_MS = 1_000;

export interface RoleFileParts {
  readonly path: string;
  readonly services: ServicesWord;
  /** The age from which on the file says nothing any more. */
  readonly deadMs: Millis;
  readonly addresses: readonly SharedAddress[];
  /** The monotonic clock. */
  readonly now: () => Instant;
  readonly journal: Pick<Journal, "write">;
}

/**
 * The role of this node for tools and units that must not depend on the daemon: `ROLE UPTIME SERVICES DEAD_MS`.
 * /run is memory, so writing it never waits for a disk. What has changed comes as a new file, and so does what was written
 * a second ago; in between the time alone is written over the old one, which has the same length. A reader that takes byte after
 * byte, as a shell does, may then find a time that never was: it reads once more (`ngcp-check-active`).
 *
 * A /run that is full costs no call and no role: what cannot be written is told once and tried again with the next heartbeat, and
 * a file that has become old says already that nobody knows.
 */
export class RoleFile {
  readonly #parts: RoleFileParts;
  readonly #mayRunPath: string;
  readonly #addressesPath: string;
  #writtenAt = Number.NEGATIVE_INFINITY;
  #role: Role = "starting";
  #services: ServicesWord;
  #listsAddresses = false;
  /** Undefined before the first writing: a daemon before this one may have left the file. */
  #mayRun: boolean | undefined;
  /** The file that was written last, open, and what it says but for the time. */
  #open: { readonly file: number; readonly says: string } | undefined;
  /** When it was last written as a new file, and the uptime then. */
  #anew = { at: Number.NEGATIVE_INFINITY, uptimeMs: 0 };
  /** Told already that not everything can be written. */
  #failing = false;

  constructor(parts: RoleFileParts) {
    const folder = dirname(parts.path);
    this.#parts = parts;
    this.#mayRunPath = join(folder, MAY_RUN);
    this.#addressesPath = join(folder, ADDRESSES);
    this.#services = parts.services;
    this.#attempt(() => {
      mkdirSync(folder, { recursive: true, mode: 0o755 });
      this.#listAddresses();
    });
  }

  /** Called with every heartbeat: the age of the file tells whether the daemon lives. */
  writeRole(role: Role): void {
    if (role === this.#role && this.#parts.now() - this.#writtenAt < REWRITE_AFTER_MS) return;
    this.#role = role;
    this.#write();
  }

  /** Written before each services step, so that the units started by it are let run. */
  writeServices(services: ServicesWord): void {
    this.#services = services;
    this.#write();
  }

  /** Each by itself: that one of them cannot be written says nothing of the others. */
  #write(): void {
    this.#writtenAt = this.#parts.now();
    const written = [
      this.#attempt(() => this.#listAddresses()),
      this.#attempt(() => this.#letRun()),
      this.#attempt(() => this.#writeText()),
    ];
    if (!this.#failing || written.includes(false)) return;
    this.#failing = false;
    this.#parts.journal.write("notice", `${this.#parts.path} can be written again`);
  }

  #attempt(write: () => void): boolean {
    try {
      write();
      return true;
    } catch (error) {
      if (!this.#failing)
        this.#parts.journal.write(
          "warning",
          `tools and units cannot be told the role of this node: ${describe(error)}`,
        );
      this.#failing = true;
      return false;
    }
  }

  #listAddresses(): void {
    if (this.#listsAddresses) return;
    writeWhole(this.#addressesPath, linesOf(this.#parts.addresses));
    this.#listsAddresses = true;
  }

  #letRun(): void {
    const may = mayRun(this.#role, this.#services);
    if (may === this.#mayRun && !(may && this.#isOld())) return;
    if (may) writeFileSync(this.#mayRunPath, "");
    else rmSync(this.#mayRunPath, { force: true });
    this.#mayRun = may;
  }

  #isOld(): boolean {
    return this.#writtenAt - this.#anew.at >= ANEW_EVERY_MS;
  }

  #writeText(): void {
    const isOld = this.#isOld();
    const anew = isOld ? { at: this.#writtenAt, uptimeMs: uptime() * MS_PER_SECOND } : this.#anew;
    const seconds = ((anew.uptimeMs + this.#writtenAt - anew.at) / MS_PER_SECOND).toFixed(2);
    const text = `${this.#role} ${seconds} ${this.#services} ${this.#parts.deadMs}\n`;
    const says = `${this.#role} ${seconds.length} ${this.#services}`;
    // Where a new file is due too: this one still comes where there is no room for another.
    const isSame = this.#open?.says === says;
    if (this.#open !== undefined && isSame) writeSync(this.#open.file, text, 0);
    if (isOld || !isSame) this.#writeAnew(text, says);
    this.#anew = anew;
  }

  #writeAnew(text: string, says: string): void {
    writeWhole(this.#parts.path, text);
    if (this.#open !== undefined) closeSync(this.#open.file);
    this.#open = undefined;
    this.#open = { file: openSync(this.#parts.path, "r+"), says };
  }
}
