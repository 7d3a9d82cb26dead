import { ApplianceError } from "../errors.ts";

export type Path = readonly (string | number)[];

/** Where something stands in a file; line and column start at 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** One thing that is wrong in a configuration file. */
export interface Problem {
  readonly place: Place;
  readonly path: Path;
  readonly sentence: string;
}

/** `ha.pingnodes[0]` for `["ha", "pingnodes", 0]`. */
const nameOf = (path: Path): string =>
  path
    .map((step, index) =>
      typeof step === "number" ? `[${step}]` : index === 0 ? step : `.${step}`,
    )
    .join("");

/** `config.yml:2:12 ha.dead_ms: what is wrong; what is allowed`. */
export const describeProblem = ({ place, path, sentence }: Problem): string =>
  `${place.file}:${place.line}:${place.column}${path.length === 0 ? "" : ` ${nameOf(path)}`}: ${sentence}`;

/** Every problem of every file, so that one run shows all there is to correct. */
export class ConfigInvalidError extends ApplianceError {
  override readonly name = "ConfigInvalidError";
  readonly code = "NGCP_CONFIG_INVALID";
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[], options?: ErrorOptions) {
    super(problems.map(describeProblem).join("\n"), options);
    this.problems = problems;
  }
}
