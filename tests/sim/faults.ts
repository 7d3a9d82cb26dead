import type { Command } from "../../ha/core/event.ts";
import type { Side } from "./network.ts";
import { SIDES } from "./network.ts";
import type { PairNode } from "./node.ts";
import { Random } from "./random.ts";
import type { World } from "./world.ts";

/** One thing that goes wrong, or that an operator does. */
export interface FaultPlan {
  readonly kind: FaultKind;
  readonly atMs: number;
  readonly forMs: number;
  readonly side: Side;
  /** From 0 to 1: what else must be chosen about it. */
  readonly dice: number;
}

/** @returns what ends the fault, when it is not over by itself */
type Begin = (world: World, node: PairNode, plan: FaultPlan) => (() => void) | undefined;

const all =
  (...ends: readonly (() => void)[]): (() => void) =>
  () => {
    for (const end of ends) end();
  };

const command =
  (choose: (dice: number) => Command): Begin =>
  (_world, node, { dice }) => {
    node.command(choose(dice));
    return undefined;
  };

const afterwards = (world: World, delayMs: number, begin: () => () => void): (() => void) => {
  let end: (() => void) | undefined;
  let over = false;
  world.agenda.in(delayMs, () => {
    if (over) return;
    end = begin();
    world.disturb();
  });
  return () => {
    over = true;
    end?.();
  };
};

const FAULTS = {
  crosslinkUnplugged: ({ network }) => network.crosslinkCable.begin(),
  crosslinkDark: ({ network }) => all(...SIDES.map((side) => network.dark.crosslink[side].begin())),
  crosslinkOneWay: ({ network }, _node, { side }) => network.dark.crosslink[side].begin(),
  lanUnplugged: ({ network }, _node, { side }) => network.lanCable[side].begin(),
  // The ports of a switch that reboots go down one after the other, and come back so.
  switchReboots: (world, _node, { side, dice }) =>
    all(
      world.network.lanCable[side].begin(),
      afterwards(world, dice * 10, () => world.network.lanCable[side === 0 ? 1 : 0].begin()),
    ),
  lanBlocked: ({ network }, _node, { side }) => network.blocked[side].begin(),
  lanSplit: ({ network }) => network.split.begin(),
  lanOneWay: ({ network }, _node, { side }) => network.dark.lan[side].begin(),
  lanFiltered: ({ network }) => all(...SIDES.map((side) => network.filtered[side].begin())),
  lanFilteredOneWay: ({ network }, _node, { side }) => network.filtered[side].begin(),
  deafOnBoth: ({ network }, _node, { side }) =>
    all(network.dark.crosslink[side].begin(), network.filtered[side].begin()),
  cutApart: ({ network }) =>
    all(network.crosslinkCable.begin(), ...SIDES.map((side) => network.filtered[side].begin())),
  lossy: ({ network }) => network.lossy.begin(),
  slowNetwork: ({ network }) => network.slow.begin(),
  pingNodeDown: ({ network }, _node, { dice }) =>
    network.pingNodeDown[Math.floor(dice * network.pingNodeDown.length)]?.begin(),
  pingNodesDown: ({ network }) => all(...network.pingNodeDown.map((fault) => fault.begin())),
  secretsDiffer: ({ network }) => network.secretsDiffer.begin(),
  strangerOnLan: ({ network }) => network.stranger.begin(),
  shortPause: (world, node, { dice }) => {
    world.agenda.in(20 + dice * 220, node.pause());
    return undefined;
  },
  pause: (_world, node) => node.pause(),
  freeze: (_world, node) => node.freeze(),
  daemonCrash: (_world, node, { dice }) => {
    node.crash(200 + dice * 200);
    return undefined;
  },
  crashWithRelease: (_world, node, { dice }) => {
    node.crashWithRelease(200 + dice * 2_000);
    return undefined;
  },
  crashLoop: (world, node, { dice }) => {
    for (const again of [0, 1, 2, 3]) {
      world.agenda.in(again * (500 + dice * 500), () => node.crash(200 + dice * 200));
    }
    return undefined;
  },
  queueOverrun: (_world, node) => {
    node.daemon?.overrun();
    return undefined;
  },
  addressRemoved: (_world, node) => {
    node.removeAddress();
    return undefined;
  },
  powerCut: (_world, node, { forMs }) => {
    node.powerCut(forMs);
    return undefined;
  },
  // Both nodes are installed, and nothing has been written anywhere.
  newPair: (world) => {
    for (const { machine } of world.nodes) machine.data = "new";
    world.hasData = false;
    return undefined;
  },
  // A node comes back with an empty disk where the database was.
  diskReplaced: (_world, node, { forMs }) => {
    if (!node.machine.powered) return undefined;
    node.powerCut(forMs);
    node.machine.data = "new";
    return undefined;
  },
  bothPowerCut: ({ nodes }, _node, { forMs, dice }) => {
    nodes[0].powerCut(forMs);
    nodes[1].powerCut(forMs * 2 * dice);
    return undefined;
  },
  cleanReboot: (_world, node, { forMs }) => {
    node.cleanReboot(forMs);
    return undefined;
  },
  unfit: (_world, { machine }) => machine.unfit.begin(),
  unfitAndDead: (_world, { machine }) => all(machine.unfit.begin(), machine.sipDead.begin()),
  bothUnfit: ({ nodes }) => all(...nodes.map(({ machine }) => machine.unfit.begin())),
  outOfSync: (_world, { machine }) => machine.outOfSync.begin(),
  slowAddress: (_world, { machine }) => machine.slow.address.begin(),
  slowServices: (_world, { machine }) => machine.slow.services.begin(),
  stuckAddress: (_world, { machine }) => machine.stuck.address.begin(),
  stuckServices: (_world, { machine }) => machine.stuck.services.begin(),
  failingAddress: (_world, { machine }) => machine.failing.address.begin(),
  failingServices: (_world, { machine }) => machine.failing.services.begin(),
  savesFail: (_world, { machine }) => machine.savesFail.begin(),
  savesSlow: (_world, { machine }) => machine.savesSlow.begin(),
  makeActive: command((dice) => ({ kind: "makeActive", force: dice < 0.3 })),
  makeStandby: command((dice) => ({ kind: "makeStandby", force: dice < 0.3, hold: false })),
  holdStandby: command((dice) => ({ kind: "makeStandby", force: dice < 0.3, hold: true })),
  releaseHold: command(() => ({ kind: "releaseHold" })),
  makeActiveOnBoth: ({ nodes }, _node, { dice }) => {
    for (const node of nodes) node.command({ kind: "makeActive", force: dice < 0.3 });
    return undefined;
  },
  makeStandbyOnBoth: ({ nodes }, _node, { dice }) => {
    for (const node of nodes) node.command({ kind: "makeStandby", force: dice < 0.3, hold: false });
    return undefined;
  },
} as const satisfies Record<string, Begin>;

export type FaultKind = keyof typeof FAULTS;

const NEW_PAIRS = 0.05;

const isKind = (name: string): name is FaultKind => name in FAULTS;

/** Drawn apart, for few of the seeds: data is lost for good where the other node's disk is not there. */
const KINDS: readonly FaultKind[] = Object.keys(FAULTS)
  .filter(isKind)
  .filter((kind) => kind !== "diskReplaced" && kind !== "newPair");

/** Begins a fault now. It ends by itself, or with what is returned. */
export const beginFault = (world: World, plan: FaultPlan): (() => void) => {
  world.trace.note(world.nowMs, "", `! ${describeFault(plan)}`);
  const begin: Begin = FAULTS[plan.kind];
  const end = begin(world, world.nodes[plan.side], plan);
  world.disturb();
  let over = end === undefined;
  return () => {
    if (over) return;
    over = true;
    end?.();
    world.trace.note(world.nowMs, "", `! ${plan.kind} ends`);
    world.disturb();
  };
};

export const describeFault = ({ kind, side, forMs }: FaultPlan): string =>
  `${kind} (sp${side + 1}) for ${forMs.toFixed(0)} ms`;

export interface Schedule {
  readonly faults: readonly FaultPlan[];
  /** When everything that is still broken is repaired. */
  readonly healAtMs: number;
}

/** Both nodes boot at 0 and have one active node before this. */
const FAULTS_FROM_MS = 2_500;
/** How much time each fault adds to the schedule. */
const ROOM_MS = 1_600;

/** In a new pair the first takeover of all may fail. */
const drawBirth = (seed: number): readonly FaultPlan[] => {
  const random = new Random(seed, "birth");
  if (!random.chance(NEW_PAIRS)) return [];
  const first: FaultPlan = { kind: "newPair", atMs: 0, forMs: 0, side: 0, dice: 0 };
  const failing = { ...first, kind: "failingServices", forMs: random.between(0, 4_000) } as const;
  return random.chance(0.5) ? [first] : [first, failing];
};

const drawDisks = (seed: number, untilMs: number): readonly FaultPlan[] => {
  const random = new Random(seed, "disks");
  if (!random.chance(0.08)) return [];
  return [
    {
      kind: "diskReplaced",
      atMs: random.between(FAULTS_FROM_MS, untilMs),
      forMs: random.between(20, 3_000),
      side: random.pick(SIDES),
      dice: random.next(),
    },
  ];
};

/** Draws the mix of faults first, then the faults: some seeds know only cables, some only crashes, some all. */
export const drawSchedule = (seed: number): Schedule => {
  const random = new Random(seed, "faults");
  const share = random.pick([0.06, 0.15, 0.4]);
  const drawn = KINDS.filter(() => random.chance(share));
  const [first = random.pick(["powerCut", "pause", "lanUnplugged"]), ...rest] = drawn;
  const count = random.integer(2, 10);
  const untilMs = FAULTS_FROM_MS + count * ROOM_MS;
  const longest = random.pick([400, 1_500, 6_000]);
  const plans = Array.from({ length: count }, (): FaultPlan => ({
    kind: random.pick([first, ...rest]),
    atMs: random.between(FAULTS_FROM_MS, untilMs),
    forMs: random.between(20, longest),
    side: random.pick(SIDES),
    dice: random.next(),
  }));
  // Faults come together as often as alone: what matters is what meets what.
  const together = random.chance(0.6);
  const faults = plans.map((plan, index) => {
    const before = plans[index - 1];
    return together && before !== undefined && index % 2 === 1
      ? { ...plan, atMs: before.atMs + plan.dice * random.pick([20, 300, 1_000]) }
      : plan;
  });
  return {
    faults: [...faults, ...drawBirth(seed), ...drawDisks(seed, untilMs)].toSorted(
      (one, other) => one.atMs - other.atMs,
    ),
    healAtMs: untilMs + random.between(500, 4_000),
  };
};
