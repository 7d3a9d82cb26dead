/** What the proxy answers by itself, as config.yml's `kamailio.proxy.replies` names it. */
export type ReplyName =
  | "caller_locked"
  | "callee_locked"
  | "block_out"
  | "block_in"
  | "block_clir"
  | "block_admin"
  | "unknown_callee"
  | "offline"
  | "no_answer"
  | "no_peer"
  | "peers_failed"
  | "too_many_forwards"
  | "foreign_domain"
  | "relaying"
  | "bad_credentials"
  | "not_your_name"
  | "too_many_devices"
  | "too_many_calls"
  | "callee_has_too_many_calls"
  | "no_media"
  | "no_prepaid"
  | "bad_contact"
  | "bad_identifier"
  | "invalid_from"
  | "location_failed"
  | "method_not_allowed"
  | "not_here"
  | "too_long"
  | "too_many_hops"
  | "unauthorized_ip"
  | "unknown_call"
  | "unknown_cancel";

/** What the load-balancer does: `kamailio.lb.replies`. */
export type LbReplyName =
  | "bad_extension"
  | "banned_user"
  | "loop"
  | "no_proxy"
  | "not_here"
  | "relaying"
  | "too_many_hops"
  | "unknown_cancel"
  | "unsupported_scheme";

/** A code, and the text beside it. */
export interface Reply {
  readonly code: number;
  readonly reason: string;
}
