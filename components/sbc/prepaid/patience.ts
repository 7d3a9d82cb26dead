import type { SbcSettings } from "../settings.ts";

/*
 * How long an answer of the database may take. Where the peer is lost a commit waits for it until MariaDB gives that up, by
 * `database.semi_sync_timeout_ms` of config.yml; whatever waits for a commit here is longer than that. Milliseconds.
 */

type Waits = Pick<SbcSettings, "commitWaitMs">;

/** What a statement takes at most besides: two disks, and what stands before it in the server. */
const WORK_MS = 1_000;
/** More than a takeover takes, after which the database can be written to. */
const TAKEOVER_MS = 5_000;

/** When a statement counts as not answered. */
export const statementMsOf = ({ commitWaitMs = 0 }: Waits): number => commitWaitMs + WORK_MS;

/**
 * How long a reservation may take, whoever has to make it: so long before the last one is used up the next one is asked for,
 * and so long a new call waits for its first.
 */
export const reservationMsOf = (settings: Waits): number => TAKEOVER_MS + statementMsOf(settings);
