import { createHmac } from "node:crypto";
import type { z } from "zod";
import type { PairSecrets } from "../model.ts";
import type { pairSchema } from "./schema.ts";

type PairSection = z.output<typeof pairSchema>;

/** The secrets under the names of constants.yml. */
export const sectionOf = (secrets: PairSecrets): PairSection => ({
  heartbeat_keys: [...secrets.heartbeatKeys],
  database_password: secrets.databasePassword,
  replication_password: secrets.replicationPassword,
  redis_password: secrets.redisPassword,
  nonce_secret: secrets.nonceSecret,
});

/** Who knows it does not know the password that it is made of. */
export const applicationSecretOf = (redisPassword: string): string =>
  createHmac("sha256", redisPassword).update("applications of the sbc").digest("hex");

export const secretsOf = (pair: PairSection): PairSecrets => ({
  heartbeatKeys: pair.heartbeat_keys,
  databasePassword: pair.database_password,
  replicationPassword: pair.replication_password,
  redisPassword: pair.redis_password,
  applicationSecret: applicationSecretOf(pair.redis_password),
  nonceSecret: pair.nonce_secret,
});
