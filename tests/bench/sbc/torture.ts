import { EXPECTED, outcome } from "../../unit/components/sbc/sip/torture-set.ts";
import type { Figure } from "../figure.ts";
import { figure } from "../figure.ts";

/** The messages of RFC 4475 that are understood, answered or dropped as it says. */
export const sbcTorture = (): Figure[] => {
  const rows = Object.entries(EXPECTED);
  const right = rows.filter(([name, expected]) => outcome(name) === expected);
  return [
    figure("RFC 4475, treated as it says", `of ${rows.length} messages`, [right.length], {
      atLeast: rows.length,
    }),
  ];
};
