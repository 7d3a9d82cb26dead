import { ApplianceError } from "../../appliance/errors.ts";

export class CloneFailedError extends ApplianceError {
  override readonly name = "CloneFailedError";
  readonly code = "NGCP_CLONE_FAILED";

  constructor(problem: string, options?: ErrorOptions) {
    super(`the database of the peer was not copied: ${problem}`, options);
  }
}
