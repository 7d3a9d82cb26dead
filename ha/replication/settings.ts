import type { Appliance } from "../../appliance/model.ts";
import type { CacheSettings } from "../effects/cache.ts";
import type { DatabaseSettings } from "../effects/database.ts";

const DATABASE_PORT = 3306;
const CACHE_PORT = 6379;

/** How the daemon reaches both stores of this node and of the peer; `undefined` before the node is paired. */
export const storeSettings = ({
  self,
  peer,
  secrets,
}: Pick<Appliance, "self" | "peer" | "secrets">):
  { readonly database: DatabaseSettings; readonly cache: CacheSettings } | undefined => {
  if (secrets === undefined) return undefined;
  const peerHost = peer.crosslink.address;
  const login = { port: DATABASE_PORT, password: secrets.replicationPassword };
  return {
    database: {
      own: { ...login, host: "127.0.0.1", user: "ngcp_ha" },
      peer: { ...login, host: peerHost, user: "ngcp_peer" },
      replication: {
        ...login,
        peer: peer.name,
        selfId: self.id,
        peerId: peer.id,
        peerHost,
        user: "ngcp_replica",
      },
    },
    cache: {
      host: "127.0.0.1",
      port: CACHE_PORT,
      password: secrets.redisPassword,
      peerHost,
      peer: peer.name,
    },
  };
};
