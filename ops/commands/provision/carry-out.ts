import type { Database } from "../../../appliance/database/client.ts";
import { carryOut, entriesIn, type Plan } from "../../../appliance/database/provisioning/bring.ts";
import { changeLines, countsOf } from "../../../appliance/database/provisioning/changes.ts";
import type { Desk } from "../../tool.ts";

export interface CarryOutOptions {
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

const BAR = 30;
const LINES_SHOWN = 40;
const MS_PER_SECOND = 1_000;

const bar = (done: number, all: number): string => {
  const full = all === 0 ? BAR : Math.floor((done / all) * BAR);
  return `[${"#".repeat(full)}${".".repeat(BAR - full)}] ${done} of ${all}`;
};

/**
 * Shows what a plan changes and does it, unless it is a dry run.
 *
 * @param began when the work on it began, in milliseconds of `desk.now`
 */
export const carryOutPlan = async (
  desk: Desk,
  database: Database,
  plan: Plan,
  { dryRun = false, json = false, began }: CarryOutOptions & { readonly began: number },
): Promise<void> => {
  const all = entriesIn(plan.changes);
  const lines = changeLines(plan.changes);
  if (!json) sayLines(desk, lines, dryRun);
  if (!dryRun) {
    let done = 0;
    desk.showProgress?.(bar(done, all));
    await carryOut(database, plan, (entries) => {
      done += entries;
      desk.showProgress?.(bar(done, all));
    });
    desk.showProgress?.("");
  }
  const counts = countsOf(plan.changes);
  const seconds = (desk.now() - began) / MS_PER_SECOND;
  if (json) {
    desk.say(JSON.stringify({ dryRun, ...counts, seconds, changes: lines }, undefined, 2));
    return;
  }
  const { created, changed, deleted } = counts;
  const took = dryRun ? "by this; nothing was changed yet" : `in ${seconds.toFixed(1)} s`;
  desk.say(
    created + changed + deleted === 0
      ? "Nothing to do: everything is as declared."
      : `${created} created, ${changed} changed, ${deleted} deleted ${took}`,
  );
};

/** A dry run shows every line, since that is what it is for. */
const sayLines = (desk: Desk, lines: readonly string[], all: boolean): void => {
  const shown = all ? lines : lines.slice(0, LINES_SHOWN);
  shown.forEach(desk.say);
  if (shown.length < lines.length)
    desk.say(`and ${lines.length - shown.length} lines more; --dry-run shows all`);
};
