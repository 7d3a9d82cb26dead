import { ApplianceError } from "../../appliance/errors.ts";

/** A device of network.yml that this machine does not have. */
export class InterfaceMissingError extends ApplianceError {
  override readonly name = "InterfaceMissingError";
  readonly code = "NGCP_INTERFACE_MISSING";

  constructor(device: string, options?: ErrorOptions) {
    super(`this node has no network interface ${device}`, options);
  }
}

/** The kernel refused what was asked of it over netlink. */
export class NetlinkRefusedError extends ApplianceError {
  override readonly name = "NetlinkRefusedError";
  readonly code = "NGCP_NETLINK_REFUSED";
  /** Such as `EPERM`. */
  readonly errno: string;

  constructor(request: string, errno: string, options?: ErrorOptions) {
    super(`the kernel refused to ${request}: ${errno}`, options);
    this.errno = errno;
  }
}
