import { ApplianceError } from "../../../appliance/errors.ts";

/** A test phone could not do what it was asked for. */
export class PhoneError extends ApplianceError {
  override readonly name = "PhoneError";
  readonly code = "NGCP_LAB_PHONE_FAILED";
}
