import { ApplianceError } from "../../../appliance/errors.ts";

/** The stores of both nodes cannot be compared now, or not any more. */
export class NotComparableError extends ApplianceError {
  override readonly name = "NotComparableError";
  readonly code = "NGCP_NOT_COMPARABLE";
}
