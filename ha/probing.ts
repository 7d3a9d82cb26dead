import { join } from "node:path";
import type { StoreReport, StoreStatus } from "./control/contract.ts";
import { awaitsData } from "./core/eligibility.ts";
import type { DataFact } from "./core/state.ts";
import { describe } from "./effects/describe.ts";
import { openEcho } from "./effects/echo.ts";
import type { DaemonParts, Services } from "./late.ts";
import { probeConfiguration } from "./probes/configuration.ts";
import { unfitReasons } from "./probes/fitness.ts";
import { Host, isApart } from "./probes/host.ts";
import { PingNodes } from "./probes/pingnodes.ts";
import { readData, writeData } from "./probes/database-files.ts";
import { StoreChronicle } from "./probes/store-chronicle.ts";
import type { StoresWanted } from "./probes/replication.ts";
import { probeReplication } from "./probes/replication.ts";

const OWN_DISK = "/var/lib/ngcp-ha";
const DATABASE_DISK = "/var/lib/mysql";
/** The name of none of MariaDB's files: it leaves such a file alone, and so do its backups. */
const DATABASE_PROBE = "ngcp-disk-probe";
const NGCPCFG_STATE = "/var/lib/ngcpcfg";
const CONFIGURATION_EVERY_MS = 60_000;
const FITNESS_EVERY_MS = 500;
const REPLICATION_EVERY_MS = 1_000;
/** The first round after a start compares positions, which may take seconds. */
const REPLICATION_ROUND_MS = 30_000;

export interface Probes {
  readonly stores: () => readonly StoreReport[];
  /** Looks at once at what ngcpcfg has just put into force. */
  readonly lookAtConfiguration: () => Promise<void>;
}

const isServing = ({ snapshot }: DaemonParts): boolean => {
  const { role } = snapshot();
  return role === "active" || role === "promoting";
};

/** The disk of the database is probed by itself only where it is one: nothing is paid for it elsewhere. */
const beginHost = (parts: DaemonParts): Host => {
  const host = new Host(parts.now, parts.every);
  host.needs(join(OWN_DISK, "disk-probe"));
  host.start();
  void isApart(DATABASE_DISK, OWN_DISK).then((apart) => {
    if (apart) host.needs(join(DATABASE_DISK, DATABASE_PROBE));
  });
  return host;
};

/** Tells the core why this node is unfit, when that changes. */
const beginFitness = (parts: DaemonParts, services: Services, host: Host): void => {
  let told = "";
  parts.every(FITNESS_EVERY_MS, () => {
    const reasons = unfitReasons({
      serving: isServing(parts),
      components: services.watch.facts(),
      host: host.facts(),
    });
    const text = reasons.join("; ");
    if (text === told) return;
    told = text;
    parts.post({ kind: "fitnessReported", reasons });
  });
};

const beginPings = async (parts: DaemonParts): Promise<void> => {
  const { appliance, journal, now, every, post } = parts;
  const hosts = appliance.ha.pingNodes;
  new PingNodes({
    hosts,
    echo: await openEcho(hosts),
    now,
    every,
    onReached: (reached, total) => post({ kind: "pingNodesProbed", reached, total }),
    onFailure: (host, error) => journal.write("warning", `ping ${host}: ${describe(error)}`),
  }).start();
};

/** A database that this node opened has no mark: only one that was made anew since has. */
const hasLostData = (parts: DaemonParts): boolean => {
  const { role, services, lanes } = parts.snapshot();
  const serves = role === "active" && services === "open" && lanes.services === undefined;
  return serves && readData() !== "own";
};

/** While the role changes the stores belong to the services lane. */
const storesWanted = (parts: DaemonParts): StoresWanted => {
  const { role, services, lanes } = parts.snapshot();
  if (lanes.services !== undefined) return undefined;
  // An empty database in the place of the one that was served from is not written to: the peer would copy it.
  if (role === "active" && services === "open") return hasLostData(parts) ? undefined : "open";
  return role === "standby" && (services === "closed" || services === "prepared")
    ? "closed"
    : undefined;
};

/** Once it is written to, or has had all that the peer's has, a new database is one like any other. */
const judgeData = (stores: readonly StoreStatus[], parts: DaemonParts): DataFact => {
  if (hasLostData(parts)) return "lost";
  const state = parts.snapshot();
  if (readData() === "own" || stores.some(({ store, inSync }) => store === "mysql" && inSync))
    return "own";
  return awaitsData(state) ? "awaited" : "new";
};

/** A round every second, unless the last one is still under way. */
const beginReplication = (
  parts: DaemonParts,
  services: Services,
): (() => readonly StoreReport[]) => {
  const { journal, post, now } = parts;
  const chronicle = new StoreChronicle(parts.appliance.peer.name, now);
  let told = "";
  let problemsTold = "";
  const tellProblems = (problems: readonly Error[]): void => {
    const text = problems.map(describe).join("; ");
    if (text !== problemsTold && text !== "") journal.write("warning", text);
    problemsTold = text;
  };
  const round = async (): Promise<void> => {
    const signal = AbortSignal.timeout(REPLICATION_ROUND_MS);
    const facts = await probeReplication(
      { database: services.database, cache: services.cache, wanted: () => storesWanted(parts) },
      signal,
    );
    chronicle.note(facts.stores);
    tellProblems(facts.problems);
    const data = judgeData(facts.stores, parts);
    const text = `${facts.inSync} ${data} ${facts.detail}`;
    if (text !== told)
      post({ kind: "replicationReported", inSync: facts.inSync, detail: facts.detail, data });
    told = text;
    writeData(data);
  };
  let running = false;
  parts.every(REPLICATION_EVERY_MS, () => {
    if (running) return;
    running = true;
    round()
      .catch((error: unknown) => journal.write("error", describe(error)))
      .finally(() => (running = false));
  });
  return () => chronicle.reports();
};

/** ngcpcfg says when it has changed something; in between somebody else may. */
const beginConfiguration = ({ journal, every, post }: DaemonParts): (() => Promise<void>) => {
  let told = "";
  const look = async (): Promise<void> => {
    const { id, drifted } = await probeConfiguration(NGCPCFG_STATE);
    const text = JSON.stringify([id, drifted]);
    if (text === told) return;
    told = text;
    post({ kind: "configurationReported", id, drifted });
  };
  const lookSafely = (): void =>
    void look().catch((error: unknown) => journal.write("warning", describe(error)));
  every(CONFIGURATION_EVERY_MS, lookSafely);
  lookSafely();
  return look;
};

/** Begins everything that asks again and again, and that no heartbeat waits for. */
export const beginProbes = (parts: DaemonParts, services: Services): Probes => {
  const host = beginHost(parts);
  services.watch.start();
  beginPings(parts).catch((error: unknown) =>
    parts.journal.write("error", `the ping nodes are not asked: ${describe(error)}`),
  );
  beginFitness(parts, services, host);
  const stores = beginReplication(parts, services);
  return { stores, lookAtConfiguration: beginConfiguration(parts) };
};
