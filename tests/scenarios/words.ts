import type { Effect, PlanStep } from "../../ha/core/effect.ts";
import type { Command, HaEvent } from "../../ha/core/event.ts";
import type { Heartbeat } from "../../ha/core/heartbeat.ts";

const flags = (words: Readonly<Record<string, boolean>>): string =>
  Object.entries(words)
    .filter(([, holds]) => holds)
    .map(([word]) => ` ${word}`)
    .join("");

/** A heartbeat in one line; what is as usual (eligible, willing, in sync, carrier) is left out. */
export const describeHeartbeat = (heartbeat: Heartbeat): string =>
  `${heartbeat.role} term ${heartbeat.term}` +
  (heartbeat.handover === "none" ? "" : ` ${heartbeat.handover}`) +
  flags({
    forced: heartbeat.forced,
    "not-eligible": !heartbeat.eligible,
    "not-willing": !heartbeat.willing,
    "not-in-sync": !heartbeat.inSync,
    "no-carrier": !heartbeat.lanCarrier,
  });

export const describeCommand = (command: Command): string => {
  const { kind, ...options } = command;
  return kind + flags(options);
};

const describeStep = (step: PlanStep): string =>
  step.kind === "recordClaim" ? `recordClaim term ${step.term}` : step.kind;

/** An event as a duty engineer would write it down, without its time. */
export const describeEvent = (event: HaEvent): string => {
  switch (event.kind) {
    case "heartbeatReceived":
      return `hears ${describeHeartbeat(event.heartbeat)} on ${event.link}`;
    case "datagramRefused":
      return `datagramRefused ${event.reason} on ${event.link}`;
    case "carrierChanged":
      return `carrierChanged ${event.link} ${event.up ? "up" : "down"}`;
    case "addressesSeen":
      return `addressesSeen ${event.held ? "held" : "gone"}`;
    case "pingNodesProbed":
      return `pingNodesProbed ${event.reached} of ${event.total}`;
    case "neighbourProbed":
    case "serviceProbed":
      return `${event.kind} ${event.answered ? "answered" : "silent"}`;
    case "fitnessReported":
      return `fitnessReported ${event.reasons.length === 0 ? "fit" : `unfit: ${event.reasons.join("; ")}`}`;
    case "replicationReported":
      return `replicationReported ${event.inSync ? "in sync" : `not in sync: ${event.detail}`}`;
    case "configurationReported":
      return `configurationReported ${event.id ?? "none"}${event.drifted.length === 0 ? "" : ` drifted ${event.drifted.join(" ")}`}`;
    case "commandReceived":
      return `commandReceived ${describeCommand(event.command)}`;
    case "recordSaved":
      return `recordSaved term ${event.term}`;
    case "stepSucceeded":
      return `stepSucceeded ${event.id}`;
    case "stepFailed":
      return `stepFailed ${event.id}: ${event.reason}`;
    case "tick":
    case "shutdownRequested":
    case "queueOverrun":
      return event.kind;
  }
};

/** An effect as a duty engineer would write it down. */
export const describeEffect = (effect: Effect): string => {
  switch (effect.kind) {
    case "sendHeartbeat":
      return `sendHeartbeat ${describeHeartbeat(effect.heartbeat)}`;
    case "runStep":
      return `runStep ${effect.id} ${describeStep(effect.step)}`;
    case "saveRecord":
      return (
        `saveRecord ${effect.record.role} term ${effect.record.term}` +
        ` held-term ${effect.record.lastHeldTerm}${flags({ "on-hold": effect.record.held })}`
      );
    case "answerCommand":
      return `answerCommand ${effect.outcome}${effect.code === undefined ? "" : ` ${effect.code}`}: ${effect.sentence}`;
    case "roleChanged":
      return `${effect.from} → ${effect.to}: ${effect.because} (term ${effect.term})`;
    case "alarmRaised":
      return `alarmRaised ${effect.alarm}: ${effect.sentence}`;
    case "alarmCleared":
      return `alarmCleared ${effect.alarm}`;
    case "fenceSelf":
      return `fenceSelf: ${effect.because}`;
    case "stopWaitingForPeer":
    case "probePeerService":
    case "probeNeighbour":
    case "announceSharedAddresses":
    case "exit":
      return effect.kind;
  }
};
