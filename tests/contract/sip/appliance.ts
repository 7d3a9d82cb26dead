import type { Appliance } from "../../../appliance/model.ts";
import { APPLIANCE as SHIPPED } from "../../unit/ha/settings-of-a-pair.ts";

export const SHARED = { v4: "192.0.2.10", v6: "2001:db8::10" };
export const DOMAIN = "test.invalid";
/** The one source beside the pair that may send as much as it likes. */
export const TRUSTED = "192.0.2.100";

/** The pair of the lab, seen from sp1: small stores, and limits that a test reaches soon. */
export const APPLIANCE: Appliance = {
  ...SHIPPED,
  sip: { ...SHIPPED.sip, domains: [DOMAIN], natPingSeconds: 1 },
  lb: {
    ...SHIPPED.lb,
    trustedSources: [TRUSTED],
    knownFloodRequests: 120,
    failedAuthAttempts: 5,
    failedAuthBanSeconds: 300,
  },
  database: { ...SHIPPED.database, bufferPoolMb: 128 },
  redis: { ...SHIPPED.redis, backlogMb: 16 },
  secrets: {
    heartbeatKeys: ["00".repeat(32)],
    databasePassword: "databasepassword",
    replicationPassword: "replicationpassword",
    redisPassword: "redispassword",
    applicationSecret: "applicationsecret",
    nonceSecret: "noncesecret",
  },
};
