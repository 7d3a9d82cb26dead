import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { askSbc } from "../../../components/sbc/control/client.ts";
import type { Stats } from "../../../components/sbc/control/contract.ts";
import { until } from "../sip/until.ts";
import { freeUdpPort, SbcPair } from "./pair.ts";
import { Sipp } from "./sipp.ts";
import type { Calls } from "./sipp.ts";
import {
  PAUSE,
  REST,
  ack,
  ackFailure,
  agree,
  answer,
  answerAgain,
  answerKept,
  bye,
  calleeBye,
  cancel,
  hear,
  hearReliable,
  invite,
  inviteInVain,
  inviteReliable,
  keepInvite,
  mayHear,
  mayRepeat,
  prack,
  receive,
  ring,
  ringReliable,
  scenario,
  terminated,
} from "./stories.ts";

const LIMIT_MS = 60_000;
/** Calls begin so fast at most: more at once are no steady traffic, and SIPp loses some itself. */
const CALLS_PER_SECOND = 200;

/**
 * SIPp fails a call in which a message comes that it does not wait for. One that is repeated is no fault: a 2xx, and the
 * ACK after it, come again wherever a process had no processor for half a second. A wrong one fails the call all the same,
 * for the right one is waited for.
 */
const FORGIVING = ["-default_behaviors", "all,-abortunexp"];

/** The first call pauses until the last one has come so far too; SIPp knows no other way. */
const pauseMs = (calls: number): number => 5_000 + 10 * calls;

/** What both sides do, and the sbc between them. */
interface Scene {
  readonly caller: readonly string[];
  readonly callee: readonly string[];
  /** The phase in which the records of all calls are when the active node dies. */
  readonly phase: string;
  /** The callee comes after the takeover: nobody has heard the first INVITE. */
  readonly late?: true;
  /** The node lives on. */
  readonly undisturbed?: true;
  /** What ngcpcfg would have written. */
  readonly settings?: object;
}

/** Calls during which the active node dies. */
export interface Story extends Scene {
  readonly title: string;
  /** How many calls the bench plays of it. */
  readonly many: number;
}

const begin = [invite(1, false), mayHear(100, "invite1"), hear(180, "invite1")];
export const established = [...begin, hear(200, "invite1"), ack(1)];
export const hangUp = [bye(3), hear(200, "bye"), REST];
const repeated = mayRepeat("INVITE");
export const picksUp = [keepInvite, ring, answer, repeated, receive("ACK")];
export const hungUp = [receive("BYE"), agree, REST];

export const STORIES: readonly Story[] = [
  {
    title: "calls that nobody has heard of yet reach the callee by the same INVITE",
    caller: [...established, ...hangUp],
    callee: [...picksUp, ...hungUp],
    phase: "calling",
    late: true,
    many: 100,
  },
  {
    title: "established calls",
    caller: [...established, PAUSE, ...hangUp],
    callee: [...picksUp, ...hungUp],
    phase: "confirmed",
    many: 1_000,
  },
  {
    title: "established calls: the caller holds them by a re-INVITE, then the callee hangs up",
    caller: [
      ...established,
      PAUSE,
      invite(2, true),
      mayHear(100, "invite2"),
      hear(200, "invite2"),
      ack(2),
      receive("BYE"),
      agree,
      REST,
    ],
    callee: [
      ...picksUp,
      receive("INVITE"),
      answerAgain,
      repeated,
      receive("ACK"),
      calleeBye,
      hear(200),
      REST,
    ],
    phase: "confirmed",
    many: 500,
  },
  {
    title: "ringing calls are answered after the takeover",
    caller: [...established, ...hangUp],
    callee: [keepInvite, ring, PAUSE, answer, repeated, receive("ACK"), ...hungUp],
    phase: "early",
    many: 400,
  },
  {
    title: "calls whose reliable 183 has no PRACK yet get it after the takeover",
    caller: [
      ...[inviteReliable, mayHear(100, "invite1"), hearReliable, PAUSE],
      ...[prack, hear(200, "prack"), hear(200, "invite1"), ack(1), ...hangUp],
    ],
    callee: [
      ...[keepInvite, ringReliable, receive("PRACK"), agree],
      ...[answerKept, receive("ACK"), ...hungUp],
    ],
    phase: "early",
    many: 100,
  },
  {
    title: "ringing calls are cancelled after the takeover",
    caller: [
      ...[inviteInVain, mayHear(100), hear(180), PAUSE],
      ...[cancel, hear(200), hear(487)],
      ackFailure,
      REST,
    ],
    callee: [
      keepInvite,
      ring,
      repeated,
      receive("CANCEL"),
      agree,
      terminated,
      receive("ACK"),
      REST,
    ],
    phase: "early",
    many: 100,
  },
  {
    title: "calls between 2xx and ACK",
    caller: [...begin, hear(200, "invite1"), PAUSE, ack(1), ...hangUp],
    callee: [...picksUp, ...hungUp],
    phase: "answered",
    many: 100,
  },
  {
    title: "calls whose BYE is between the legs",
    caller: [...established, ...hangUp],
    callee: [...picksUp, receive("BYE"), PAUSE, agree, REST],
    phase: "ended",
    many: 100,
  },
];

/** What came of the calls of a story. */
export interface Outcome {
  readonly takenOver: number;
  readonly caller: Calls;
  readonly callee: Calls;
  /** What Redis still holds of them. */
  readonly leftOver: readonly string[];
  /** What the process counted that has the calls in the end. */
  readonly stats: Stats;
}

const failOver = async (pair: SbcPair, phase: string, calls: number): Promise<number> => {
  await until(async () => (await pair.phases())[phase] === calls, LIMIT_MS);
  return await pair.failOver();
};

/** The active node's process and Redis are killed when all calls are in the phase of the story; the other one goes on. */
export const play = async (story: Scene, calls: number): Promise<Outcome> => {
  const directory = mkdtempSync(join(tmpdir(), "tandem-stories-"));
  const calleePort = await freeUdpPort();
  const settings = join(directory, "settings.json");
  writeFileSync(settings, JSON.stringify(story.settings ?? {}));
  const pair = await SbcPair.start(calleePort, settings);
  const agents: Sipp[] = [];
  const sipp = (side: "caller" | "callee", words: readonly string[]): Sipp => {
    const file = join(directory, `${side}.xml`);
    writeFileSync(file, scenario(side, story[side]));
    const pause = ["-d", String(pauseMs(calls))];
    const limits = ["-m", String(calls), "-timeout", "55s", "-timeout_error"];
    const agent = new Sipp([...words, "-sf", file, ...pause, ...limits, ...FORGIVING]);
    agents.push(agent);
    return agent;
  };
  const answers = (): Sipp => sipp("callee", ["-p", String(calleePort)]);
  try {
    const early = story.late === true ? undefined : answers();
    const rate = Math.min(calls, CALLS_PER_SECOND);
    const caller = sipp("caller", [`127.0.0.1:${pair.port}`, "-r", String(rate)]);
    const takenOver = story.undisturbed === true ? 0 : await failOver(pair, story.phase, calls);
    const callee = early ?? answers();
    await Promise.all([caller.ended(), callee.ended()]);
    await until(async () => (await pair.leftOver()).length === 0, LIMIT_MS).catch(() => undefined);
    const leftOver = await pair.leftOver();
    const at = { address: "127.0.0.1", port: pair.controlPort };
    const stats = await askSbc({ command: "stats" }, at);
    return { takenOver, caller: caller.calls(), callee: callee.calls(), leftOver, stats };
  } finally {
    await Promise.all([...agents.map((each) => each.remove()), pair.end()]);
    rmSync(directory, { recursive: true, force: true });
  }
};
