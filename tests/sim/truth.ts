import type { PairNode } from "./node.ts";

export const isPastBoot = ({ daemon, settings }: PairNode, nowMs: number): boolean => {
  if (daemon?.isAwake !== true) return false;
  const waitMs = daemon.state.role === "starting" ? settings.aloneWaitMs + 1_000 : 0;
  return nowMs - daemon.runningSinceMs > settings.initialDeadMs + waitMs;
};

export const isWilling = ({ daemon }: PairNode): boolean =>
  daemon !== undefined &&
  !daemon.state.held &&
  !daemon.state.shuttingDown &&
  (daemon.state.standbyUntil ?? daemon.state.now) <= daemon.state.now;

export const isWell = ({ machine }: PairNode): boolean =>
  ![
    machine.unfit,
    machine.outOfSync,
    machine.savesFail,
    machine.savesSlow,
    ...Object.values(machine.stuck),
    ...Object.values(machine.failing),
  ].some(({ isOn }) => isOn);

/** Holds the address, and either a daemon looks after it or the service answers by itself. */
export const isServing = ({ machine, daemon }: PairNode): boolean =>
  machine.holds && machine.processesRun && (daemon?.isAwake === true || machine.answersSip);

export const isActive = ({ machine, daemon }: PairNode): boolean =>
  machine.holds && machine.services === "open" && daemon?.state.role === "active" && daemon.isAwake;

export const isStandingBy = ({ machine, daemon }: PairNode): boolean =>
  !machine.holds && machine.services !== "open" && daemon?.state.role === "standby";

export const describe = ({ machine, daemon }: PairNode): string => {
  if (!machine.powered) return `${machine.name} is off`;
  const role = daemon === undefined ? "without a daemon" : daemon.state.role;
  const asleep = daemon?.isAwake === false ? ", asleep" : "";
  return (
    `${machine.name} ${role}${asleep}` +
    `${machine.holds ? " holds the address" : ""}, services ${machine.services}`
  );
};
