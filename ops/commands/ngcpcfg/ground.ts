import type { Machine } from "../../../appliance/config/machine.ts";
import type { ReloadOrder } from "../../../appliance/ngcpcfg/reload.ts";
import type { Shown } from "../../../appliance/ngcpcfg/engine-check.ts";
import { BRANCH, History } from "../../../appliance/ngcpcfg/history.ts";
import type { Site } from "../../../appliance/ngcpcfg/site.ts";
import type { Feed } from "../../../appliance/system/command.ts";
import { stamp } from "../../output/stamp.ts";
import type { Desk } from "../../tool.ts";

/** What ngcpcfg needs of the machine it runs on. */
export interface ConfigGround {
  readonly site: Omit<Site, "node">;
  /** What must outlive a power cut: usually /var/lib/ngcpcfg. */
  readonly stateDirectory: string;
  /** What ends with a boot: usually /run/ngcpcfg. */
  readonly runtimeDirectory: string;
  readonly isRoot: boolean;
  readonly machine: () => Promise<Machine>;
  /** Answers when the operator has left the editor. */
  readonly openEditor: (path: string) => Promise<void>;
  /**
   * Shows files to the engines that will read them.
   *
   * @returns names of engines that are not installed
   * @throws {ApplianceError} with a line for each thing that one of them would not take
   */
  readonly askEngines: (shown: Shown) => Promise<readonly string[]>;
  /** Where the lines go that are kept beside being shown, each with its priority before it as in `<6>text`. */
  readonly openSyslog: () => Feed;
  /** Has a running server take something up. */
  readonly reload: (order: ReloadOrder) => Promise<void>;
  /** Puts a file of kernel settings into force. */
  readonly loadKernelSettings: (path: string) => Promise<void>;
}

export const historyOf = (desk: Desk, { site }: ConfigGround): History =>
  new History(site.configDirectory, desk.node);

/** Says what to do where there is none yet. */
export const hasHistory = async (desk: Desk, ground: ConfigGround): Promise<boolean> => {
  if (await historyOf(desk, ground).isInitialised()) return true;
  desk.complain("Error: /etc/ngcp-config has no history yet: run ngcpcfg initialise first.");
  return false;
};

/** Why commits would go astray; undefined while the one branch that counts is checked out. */
export const strayBranch = async (
  desk: Desk,
  ground: ConfigGround,
): Promise<string | undefined> => {
  const branch = await historyOf(desk, ground).branch();
  return branch === BRANCH
    ? undefined
    : `/etc/ngcp-config of ${desk.node} is on ${branch === undefined ? "no branch" : `the branch ${branch}`}: git -C /etc/ngcp-config checkout ${BRANCH}`;
};

/** Lines as ngcpcfg has always written them: time, node, text. */
export const telling = (desk: Desk) => ({
  say: (line: string): void => desk.say(`${stamp(desk.now())} ${desk.node}: ${line}`),
  complain: (line: string): void => desk.complain(`${stamp(desk.now())} ${desk.node}: ${line}`),
});
