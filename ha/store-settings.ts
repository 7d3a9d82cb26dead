import type { Appliance } from "../appliance/model.ts";
import type { CacheSettings } from "./effects/cache.ts";
import type { DatabaseSettings } from "./effects/database.ts";

const LOOPBACK = "127.0.0.1";
const MYSQL_PORT = 3306;
const REDIS_PORT = 6379;
/** The accounts that etc/mysql/ngcp-accounts.sql makes at each start of MariaDB. */
const USERS = { own: "ngcp_ha", peer: "ngcp_peer", replica: "ngcp_replica" } as const;

/** A node that is not paired has no passwords: its stores then refuse the daemon, and the status says so. */
export const databaseSettingsOf = ({ self, peer, secrets }: Appliance): DatabaseSettings => {
  const password = secrets?.replicationPassword ?? "";
  const peerHost = peer.crosslink.address;
  return {
    own: { host: LOOPBACK, port: MYSQL_PORT, user: USERS.own, password },
    peer: { host: peerHost, port: MYSQL_PORT, user: USERS.peer, password },
    replication: {
      peer: peer.name,
      selfId: self.id,
      peerId: peer.id,
      peerHost,
      port: MYSQL_PORT,
      user: USERS.replica,
      password,
    },
  };
};

export const cacheSettingsOf = ({ peer, secrets }: Appliance): CacheSettings => ({
  host: LOOPBACK,
  port: REDIS_PORT,
  password: secrets?.redisPassword ?? "",
  peerHost: peer.crosslink.address,
  peer: peer.name,
});
