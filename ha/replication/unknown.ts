import type { StoreStatus } from "../control/contract.ts";

/** Status of a store of this node that does not answer. */
export const unknownStatus = (store: StoreStatus["store"], detail: string): StoreStatus => ({
  store,
  role: "unknown",
  state: "broken",
  inSync: false,
  lagSeconds: null,
  lagBytes: null,
  detail,
  remedy: `systemctl status ngcp-${store}; the daemon starts it again by itself`,
});
