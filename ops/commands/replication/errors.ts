import { ApplianceError } from "../../../appliance/errors.ts";

/** No folder of that name holds rows that only this node had. */
export class NotInQuarantineError extends ApplianceError {
  override readonly name = "NotInQuarantineError";
  readonly code = "NGCP_NOT_IN_QUARANTINE";

  constructor(name: string, store: string) {
    super(`there is no ${name} in ${store}`);
  }
}

/** The stores of both nodes cannot be compared now, or not any more. */
export class NotComparableError extends ApplianceError {
  override readonly name = "NotComparableError";
  readonly code = "NGCP_NOT_COMPARABLE";
}
