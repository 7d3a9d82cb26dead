import { hrtime } from "node:process";

import { NetlinkAddresses } from "../../../ha/effects/address.ts";
import { Announcer } from "../../../ha/effects/announce.ts";
import { KernelNeighbours } from "../../../ha/effects/neighbour.ts";
import { Netlink } from "../../../ha/effects/netlink.ts";
import { openEcho } from "../../../ha/effects/echo.ts";
import { openPackets } from "../../../ha/effects/packet.ts";
import type { Heartbeat } from "../../../ha/core/heartbeat.ts";
import type { SharedAddress } from "../../../ha/core/settings.ts";
import { millis } from "../../../ha/core/time.ts";
import type { LinksOptions } from "../../../ha/crosslink/links.ts";
import { Links } from "../../../ha/crosslink/links.ts";
import { CarrierProbe } from "../../../ha/probes/carrier.ts";
import { PingNodes } from "../../../ha/probes/pingnodes.ts";
import type { SipProbeOptions } from "../../../ha/probes/sip-probe.ts";
import { sipIsAnswered } from "../../../ha/probes/sip-probe.ts";
import { everyMs } from "../../unit/ha/probes/every-ms.ts";

/* The program that a contract test runs inside a network namespace. */

export interface AgentRequest {
  readonly id: number;
  readonly name: string;
  readonly args: readonly unknown[];
}

export interface AgentAnswer {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: string | undefined;
}

export interface AgentEvent {
  readonly event: string;
  /** Monotonic clock of the machine, milliseconds: the same in all processes. */
  readonly atMs: number;
  readonly detail: unknown;
}

const nowMs = (): number => Number(hrtime.bigint()) / 1e6;

const tell = (event: string, detail: unknown): void => {
  const message: AgentEvent = { event, atMs: nowMs(), detail };
  process.send?.(message);
};

const netlink = new Netlink();
const neighbours = new KernelNeighbours(netlink);
const packets = await openPackets();
const announcer = new Announcer({
  netlink,
  packets,
  onFailure: (error) => tell("announcementFailed", String(error)),
});
const addresses = new NetlinkAddresses(netlink, announcer);

/** Runs `task` and says how long it took, begun when. */
const timed = async <Result>(
  task: () => Promise<Result>,
): Promise<{ readonly result: Result; readonly beganMs: number; readonly ms: number }> => {
  const beganMs = nowMs();
  const result = await task();
  return { result, beganMs, ms: nowMs() - beganMs };
};

const PORT = 694;
let links: Links | undefined;

const openLinks = (
  node: 1 | 2,
  keys: readonly string[],
  more: Partial<LinksOptions> = {},
): Links => {
  const other = 3 - node;
  const link = (name: "crosslink" | "lan", own: string, peerAddress: string) => ({
    name,
    address: own,
    peerAddress,
    port: PORT,
    anySender: name === "crosslink",
  });
  return new Links({
    links: [
      link("crosslink", `192.168.255.${250 + node}`, `192.168.255.${250 + other}`),
      link("lan", `192.0.2.${10 + node}`, `192.0.2.${10 + other}`),
    ],
    peer: `sp${other}`,
    keys: keys.map((key) => Buffer.from(key, "hex")),
    deadMs: millis(250),
    sharedAddressesHash: "5f2b",
    version: "0.1.0",
    now: nowMs,
    onFact: (fact) => tell(fact.kind, fact),
    ...more,
  });
};

const heartbeatOf = (node: 1 | 2, term: number): Heartbeat => ({
  node: `sp${node}`,
  role: "active",
  term,
  handover: "none",
  forced: false,
  configuration: "0123456789ab",
  eligible: true,
  willing: true,
  understands: true,
  pairServed: true,
  lastHeldTerm: term,
  inSync: true,
  lanCarrier: true,
  pingNodesReached: 2,
});

const tasks = {
  openLinks: (node: 1 | 2, keys: readonly string[]) => {
    links = openLinks(node, keys);
    links.open();
    return Promise.resolve(links.session);
  },
  beat: (node: 1 | 2, term: number) => {
    links?.send(heartbeatOf(node, term));
    return Promise.resolve(nowMs());
  },
  /** Terms 1 to `count`, at once. */
  beats: (node: 1 | 2, count: number) => {
    for (let term = 1; term <= count; term += 1) links?.send(heartbeatOf(node, term));
    return Promise.resolve();
  },
  networkChanged: () => Promise.resolve(links?.networkChanged()),
  sendErrors: (link: "crosslink" | "lan") =>
    Promise.resolve([...(links?.counters(link)?.sendErrors.keys() ?? [])]),
  /** Stands still as a process does that gets no time, then drains. */
  standStill: async (ms: number) => {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
    const waiting = await links?.drain();
    tell("drained", waiting);
    return waiting;
  },
  closeLinks: () => Promise.resolve(links?.close()),
  watchCarrier: () => {
    new CarrierProbe({
      devices: { crosslink: "eth1", lan: "eth0" },
      netlink,
      every: everyMs(100),
      onCarrier: (link, up) => tell(`carrier ${link}`, up),
      onNetworkChanged: () => undefined,
    }).start();
    return Promise.resolve();
  },
  ping: async (hosts: readonly string[]) => {
    new PingNodes({
      echo: await openEcho(hosts),
      hosts,
      now: nowMs,
      every: everyMs(100),
      onReached: (reached, total) => tell("reached", { reached, total }),
      onFailure: (host, error) => tell("pingFailed", `${host}: ${String(error)}`),
    }).start();
  },
  sip: (options: SipProbeOptions) => timed(() => sipIsAnswered(options)),
  add: (shared: readonly SharedAddress[]) =>
    timed(() => addresses.add(shared, AbortSignal.timeout(1_000))),
  remove: (shared: readonly SharedAddress[]) =>
    timed(() => addresses.remove(shared, AbortSignal.timeout(1_000))),
  held: (shared: readonly SharedAddress[]) => timed(() => addresses.held(shared)),
  announce: (shared: readonly SharedAddress[]) => {
    addresses.announce(shared);
    return Promise.resolve();
  },
  answers: (shared: SharedAddress, waitMs: number) =>
    timed(() => neighbours.answers(shared, waitMs)),
  link: (device: string) => netlink.link(device),
  watch: () => {
    netlink.watch((change) => tell(change.kind, change));
    return Promise.resolve();
  },
  watchNeighbours: () => {
    netlink.watchNeighbours(({ bytes, mac, state }) =>
      tell(`neighbour ${bytes.toString("hex")}`, { mac: mac?.toString("hex"), state }),
    );
    return Promise.resolve();
  },
};

export type AgentTasks = typeof tasks;

const describe = (error: unknown): string =>
  error instanceof Error && "code" in error
    ? `${String(error.code)}: ${error.message}`
    : String(error);

const run = async ({ id, name, args }: AgentRequest): Promise<void> => {
  const table: Record<string, ((...args: never[]) => Promise<unknown>) | undefined> = tasks;
  try {
    const result = await table[name]?.(...(args as never[]));
    process.send?.({ id, result } satisfies AgentAnswer);
  } catch (error) {
    process.send?.({ id, error: describe(error) } satisfies AgentAnswer);
  }
};

process.on("message", (request: AgentRequest) => void run(request));
// The test that started this program has ended.
process.on("disconnect", () => process.kill(process.pid, "SIGKILL"));
