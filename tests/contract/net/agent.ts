import { hrtime } from "node:process";

import { NetlinkAddresses } from "../../../ha/effects/address.ts";
import { Announcer } from "../../../ha/effects/announce.ts";
import { KernelNeighbours } from "../../../ha/effects/neighbour.ts";
import { Netlink } from "../../../ha/effects/netlink.ts";
import { openPackets } from "../../../ha/effects/packet.ts";
import type { SharedAddress } from "../../../ha/core/settings.ts";

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

const tasks = {
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
