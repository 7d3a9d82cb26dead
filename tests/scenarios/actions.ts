import type { Command } from "../../ha/core/event.ts";
import type { Handover, LinkName, ReceivedHeartbeat, Role } from "../../ha/core/heartbeat.ts";
import { HANDOVERS, LINKS, ROLES } from "../../ha/core/heartbeat.ts";
import { millis } from "../../ha/core/time.ts";
import type { Happening, PeerVoice, Stage } from "./stage.ts";
import { ALL_LINKS, peerHeartbeat } from "./stage.ts";

const isRole = (word: string): word is Role => ROLES.some((role) => role === word);
const isHandover = (word: string): word is Handover =>
  HANDOVERS.some((handover) => handover === word);
const isLink = (word: string | undefined): word is LinkName => LINKS.some((link) => link === word);

const numberAfter = (words: readonly string[], word: string): number | undefined => {
  const place = words.indexOf(word);
  return place < 0 ? undefined : Number(words[place + 1]);
};

const FLAGS: Readonly<Record<string, Partial<ReceivedHeartbeat>>> = {
  forced: { forced: true },
  "not-eligible": { eligible: false },
  "not-willing": { willing: false, eligible: false },
  "not-in-sync": { inSync: false },
  "no-carrier": { lanCarrier: false },
  "other-version": { version: "9.9" },
  "same-configuration": { configuration: "aaaaaaaaaaaa" },
  "other-configuration": { configuration: "bbbbbbbbbbbb" },
  "other-addresses": { sharedAddressesHash: "other" },
  deaf: { echoSession: undefined },
};

/** `active term 3 prepare not-in-sync pings 1 held-term 2 unheard 120 on lan`: what the peer says from now on. */
export const voiceOf = (stage: Stage, text: string): PeerVoice => {
  const words = text.split(" ");
  const role = words.find(isRole);
  if (role === undefined) throw new Error(`"${text}" names no role`);
  const reached = numberAfter(words, "pings");
  const heldTerm = numberAfter(words, "held-term");
  const flagged = words.reduce<Partial<ReceivedHeartbeat>>(
    (before, word) => ({ ...before, ...FLAGS[word] }),
    {},
  );
  const said: Partial<ReceivedHeartbeat> = {
    handover: words.find(isHandover) ?? "none",
    ...flagged,
    ...(reached === undefined ? {} : { pingNodesReached: reached }),
    ...(heldTerm === undefined ? {} : { lastHeldTerm: heldTerm }),
  };
  const link = words[words.indexOf("on") + 1];
  return {
    sinceMs: stage.nowMs,
    links: isLink(link) ? [link] : ALL_LINKS,
    say: (sequence) => ({
      kind: "heartbeatReceived",
      link: "crosslink",
      heartbeat: peerHeartbeat(stage.settings, {
        role,
        term: numberAfter(words, "term") ?? 0,
        sequence,
        ...said,
      }),
      unheardMs: millis(numberAfter(words, "unheard") ?? 0),
    }),
  };
};

const peer = (stage: Stage, text: string, words: string): void => {
  if (text === "silent") {
    stage.voice = undefined;
    stage.note(words);
    return;
  }
  const refused = /^not understood(?:: (unverified|newerVersion|strangeNode))?$/.exec(text);
  stage.voice =
    refused === null
      ? voiceOf(stage, text)
      : {
          sinceMs: stage.nowMs,
          links: ALL_LINKS,
          say: () => ({
            kind: "datagramRefused",
            link: "crosslink",
            reason: reasonOf(refused[1]),
          }),
        };
  stage.hear(words);
};

const reasonOf = (word: string | undefined): "unverified" | "newerVersion" | "strangeNode" =>
  word === "newerVersion" || word === "strangeNode" ? word : "unverified";

const stepOf = (stage: Stage, kind: string) => {
  const id = stage.running(kind);
  if (id === undefined) throw new Error(`${kind} is not in flight at ${stage.nowMs}`);
  return id;
};

const COMMANDS: Readonly<Record<string, (options: readonly string[]) => Command>> = {
  "make-active": (options) => ({ kind: "makeActive", force: options.includes("--force") }),
  "make-standby": (options) => ({
    kind: "makeStandby",
    force: options.includes("--force"),
    hold: options.includes("--hold"),
  }),
  "release-hold": () => ({ kind: "releaseHold" }),
};

const SIMPLE: Readonly<Record<string, (rest: string, stage: Stage) => Happening>> = {
  carrier: (rest) => {
    const [link, word] = rest.split(" ");
    if (!isLink(link)) throw new Error(`"${rest}" names no link`);
    return { kind: "carrierChanged", link, up: word === "up" };
  },
  pings: (rest) => {
    const [reached, , total] = rest.split(" ").map(Number);
    return { kind: "pingNodesProbed", reached: reached ?? 0, total: total ?? 0 };
  },
  neighbour: (rest) => ({ kind: "neighbourProbed", answered: rest === "answers" }),
  service: (rest) => ({ kind: "serviceProbed", answered: rest === "answers" }),
  fit: () => ({ kind: "fitnessReported", reasons: [] }),
  unfit: (rest) => ({ kind: "fitnessReported", reasons: [rest] }),
  configuration: (rest) => ({
    kind: "configurationReported",
    id: "aaaaaaaaaaaa",
    drifted: rest === "" ? [] : [rest],
  }),
  sync: (rest) => ({ kind: "replicationReported", inSync: rest === "good", detail: rest }),
  database: (rest) => ({
    kind: "replicationReported",
    inSync: rest === "full",
    detail: rest,
    data: rest === "new" || rest === "awaited" || rest === "lost" ? rest : "own",
  }),
  addresses: (rest) => ({ kind: "addressesSeen", held: rest === "held" }),
  done: (rest, stage) => ({ kind: "stepSucceeded", id: stepOf(stage, rest) }),
  failed: (rest, stage) => {
    const [kind = "", reason = ""] = rest.split(": ");
    return { kind: "stepFailed", id: stepOf(stage, kind), reason };
  },
  shutdown: () => ({ kind: "shutdownRequested" }),
  overrun: () => ({ kind: "queueOverrun" }),
};

/** Does what one input line says. */
export const act = (stage: Stage, words: string): void => {
  const [verb = "", ...more] = words.split(" ");
  const rest = more.join(" ");
  const command = COMMANDS[verb];
  const simple = SIMPLE[verb];
  if (verb === "peer") peer(stage, rest, words);
  else if (verb === "sleeps") {
    stage.note(words);
    stage.sleep(numberAfter(more, "until") ?? stage.nowMs);
  } else if (verb === "disk") {
    stage.saves = rest !== "full";
    stage.note(words);
  } else if (verb === "end") stage.note(words);
  else if (command !== undefined) {
    const id = stage.nextSequence();
    stage.happen({ kind: "commandReceived", id, command: command(more) }, words);
  } else if (simple !== undefined) stage.happen(simple(rest, stage), words);
  else throw new Error(`"${words}" is not understood`);
};
