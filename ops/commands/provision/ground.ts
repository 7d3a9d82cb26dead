import type { Database } from "../../../appliance/database/client.ts";
import type { Kind } from "../../../appliance/database/provisioning/model.ts";

/** What ngcp-provision works on. */
export interface ProvisionGround {
  readonly isRoot: boolean;
  /** @throws an ApplianceError where this node's MariaDB cannot be used */
  readonly connect: () => Promise<Database>;
  /** @throws the error of the file system */
  readonly readFile: (path: string) => Promise<string>;
}

/** The newest revision whose tables and columns this program names. */
export const NEEDED_REVISION = 20;

/** What follows `show`, `create`, `change` and `delete`; the plural of a file is understood, too. */
export const KIND_NAMES: Readonly<Record<string, Kind>> = {
  domain: "domains",
  customer: "customers",
  subscriber: "subscribers",
  "rewrite-rule-set": "rewrite_rule_sets",
  "billing-profile": "billing_profiles",
  "peer-group": "peer_groups",
};

export const kindOf = (word: string): Kind | undefined =>
  Object.entries(KIND_NAMES).find(([name, kind]) => word === name || word === kind)?.[1];
