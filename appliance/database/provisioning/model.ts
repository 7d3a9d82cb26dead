/** Names as they stand in the tables and in the files that `ngcp-provision apply` reads. */

export const STATUSES = ["active", "locked", "terminated"] as const;
export const FORWARD_TYPES = ["cfu", "cfb", "cft", "cfna"] as const;
export const RECURRENCES = ["never", "weekdays", "always"] as const;
export const DIRECTIONS = ["in", "out", "lnp"] as const;
export const FIELDS = ["caller", "callee"] as const;
export const TRANSPORTS = ["udp", "tcp", "tls"] as const;

export type Status = (typeof STATUSES)[number];

export type ForwardType = (typeof FORWARD_TYPES)[number];

/** Values as the tables hold them: `1` and `0` for a boolean; one value, or several for a list, in their order. */
export type Preferences = Readonly<Record<string, readonly string[]>>;

export interface Domain {
  readonly preferences: Preferences;
}

/** What calls to numbers that begin with `destination` cost a customer; rates are cents a second, intervals seconds. */
export interface BillingFee {
  readonly destination: string;
  readonly init_rate: number;
  readonly init_interval: number;
  readonly follow_rate: number;
  readonly follow_interval: number;
}

export interface BillingProfile {
  readonly fees: readonly BillingFee[];
}

export interface Customer {
  readonly status: Status;
  /** '' for none. */
  readonly billing_profile: string;
  readonly preferences: Preferences;
}

export interface Forward {
  readonly type: ForwardType;
  /** A number or user, a SIP URI, or voicebox, conference or reminder. */
  readonly to: string;
  /** How long the phone rings before a cft. Seconds. */
  readonly timeout: number;
  readonly enabled: boolean;
}

/** A call to the phones of the subscriber by the clock of `general.timezone`. */
export interface Reminder {
  /** `07:30`. */
  readonly time: string;
  /** Once, Monday to Friday, or each day. */
  readonly recur: (typeof RECURRENCES)[number];
  /** False once one that comes once is over. */
  readonly active: boolean;
}

export interface Subscriber {
  readonly uuid: string;
  /** HA1 of RFC 7616 with MD5, over user, domain and password. */
  readonly ha1: string;
  readonly customer: string;
  /** In the operator's own books, for call detail records; empty without one. */
  readonly external_id: string;
  readonly status: Status;
  /** E.164, digits alone; the first is the primary one. */
  readonly numbers: readonly string[];
  readonly aliases: readonly string[];
  readonly preferences: Preferences;
  /** In the order in which those of one type are tried. */
  readonly call_forwards: readonly Forward[];
  readonly reminder: Reminder | null;
}

export interface RewriteRule {
  readonly direction: (typeof DIRECTIONS)[number];
  readonly field: (typeof FIELDS)[number];
  readonly match: string;
  readonly replace: string;
  readonly description: string;
  readonly enabled: boolean;
}

export interface RewriteRuleSet {
  readonly description: string;
  /** In the order in which those of one direction and field are tried. */
  readonly rules: readonly RewriteRule[];
}

export interface PeerRule {
  readonly callee_prefix: string;
  readonly callee_pattern: string;
  readonly caller_pattern: string;
  readonly description: string;
  readonly stopper: boolean;
  readonly enabled: boolean;
}

export interface PeerHost {
  readonly ip: string;
  readonly host: string;
  readonly port: number;
  readonly transport: (typeof TRANSPORTS)[number];
  readonly weight: number;
  readonly via_lb: boolean;
  readonly probe: boolean;
  readonly enabled: boolean;
  readonly preferences: Preferences;
}

export interface PeerGroup {
  readonly priority: number;
  readonly description: string;
  readonly rules: readonly PeerRule[];
  readonly hosts: Readonly<Record<string, PeerHost>>;
}

/** Everything that is provisioned, or a part of it, by name: `alice@sip.example.org` for a subscriber. */
export interface Provisioned {
  readonly domains: ReadonlyMap<string, Domain>;
  readonly customers: ReadonlyMap<string, Customer>;
  readonly rewrite_rule_sets: ReadonlyMap<string, RewriteRuleSet>;
  readonly billing_profiles: ReadonlyMap<string, BillingProfile>;
  readonly peer_groups: ReadonlyMap<string, PeerGroup>;
  readonly subscribers: ReadonlyMap<string, Subscriber>;
}

export type Kind = keyof Provisioned;

/** In the order in which they can be written: what is named by others first. */
export const KINDS = [
  "rewrite_rule_sets",
  "billing_profiles",
  "domains",
  "customers",
  "peer_groups",
  "subscribers",
] as const satisfies readonly Kind[];

/** `alice` and `sip.example.org` of `alice@sip.example.org`. */
export const partsOf = (name: string): { readonly user: string; readonly domain: string } => {
  const at = name.lastIndexOf("@");
  return { user: name.slice(0, Math.max(at, 0)), domain: name.slice(at + 1) };
};
