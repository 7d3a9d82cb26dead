import { RULES } from "../../ha/core/diagnosis.ts";
import type { Role } from "../../ha/core/heartbeat.ts";
import { ROLES } from "../../ha/core/heartbeat.ts";
import type { Transition } from "../../ha/core/transitions.ts";
import { TRANSITIONS } from "../../ha/core/transitions.ts";

interface Row extends Transition {
  readonly role: Role;
  readonly diagnosis: string;
}

const rowsOf = (role: Role): readonly Row[] => {
  const cells: Readonly<Partial<Record<string, Transition>>> = TRANSITIONS[role];
  return RULES[role].flatMap(({ name }) => {
    const cell = cells[name];
    return cell === undefined ? [] : [{ role, diagnosis: name, ...cell }];
  });
};

const ROWS: readonly Row[] = ROLES.flatMap(rowsOf);

const outcome = ({ to, plan }: Row): string =>
  [to === "same" ? "stays" : `→ ${to}`, plan === undefined ? "" : `plan ${plan}`]
    .filter((part) => part !== "")
    .join(", ");

const line = (row: Row): string =>
  `  ${row.diagnosis.padEnd(22)}${outcome(row).padEnd(34)}${row.because}`;

/** The whole machine as text: for each role its diagnoses in order of urgency, and what is done about each. */
export const printTransitions = (): string =>
  [
    "The first diagnosis of a role that holds is acted on.",
    ...ROLES.flatMap((role) => ["", role, ...ROWS.filter((row) => row.role === role).map(line)]),
    "",
  ].join("\n");

const arrows = (): ReadonlyMap<string, readonly string[]> => {
  const labels = new Map<string, readonly string[]>();
  for (const { role, to, diagnosis } of ROWS.filter((row) => row.to !== "same")) {
    const key = `${role} --> ${to}`;
    labels.set(key, [...(labels.get(key) ?? []), diagnosis]);
  }
  return labels;
};

/** The same machine as a Mermaid state diagram; any role can become fenced when a release overruns. */
export const drawTransitions = (): string =>
  [
    "```mermaid",
    "stateDiagram-v2",
    "  [*] --> starting",
    ...[...arrows()].map(([arrow, names]) => `  ${arrow}: ${names.join(", ")}`),
    "  demoting --> fenced: release overrun or refused",
    "```",
  ].join("\n");
