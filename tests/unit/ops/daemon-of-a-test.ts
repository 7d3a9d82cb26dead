import {
  REPORT_IN_NEED,
  REPORT_IN_ORDER,
  STORES_IN_NEED,
  STORES_IN_ORDER,
} from "./stores-of-a-test.ts";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { connectControl } from "../../../ha/control/client.ts";
import type {
  CommandAnswer,
  ComponentAnswer,
  ComponentStatus,
  Status,
} from "../../../ha/control/contract.ts";
import { serve } from "../../../ha/control/server.ts";
import type { ExitName } from "../../../ops/exit-status.ts";
import { endOf } from "../../../ops/run-tool.ts";
import type { Desk, Tool } from "../../../ops/tool.ts";

/** What the daemon says of a component that was restarted. */
export const RUNS: ComponentAnswer = {
  outcome: "done",
  code: null,
  sentence: "it runs",
  affected: [],
};

/** And of one that does not come up with its new file. */
export const failing = (component: string): ComponentAnswer => ({
  outcome: "failed",
  code: "NGCP_COMPONENT_FAILED",
  sentence: `${component} did not restart: it does not answer`,
  affected: [],
});

/** What the daemon answers; what it has no answer to is an error of the server. */
export interface Answers {
  readonly status?: Status;
  /** To make-active, make-standby and release-hold. */
  readonly command?: CommandAnswer;
  /** To `NAME/ACTION` of a component. */
  readonly orders?: Readonly<Record<string, ComponentAnswer>>;
}

export interface Asked {
  readonly what: string;
  readonly body: unknown;
}

export interface Result {
  readonly end: ExitName;
  readonly said: readonly string[];
  readonly complained: readonly string[];
  readonly progress: readonly string[];
  readonly asked: readonly Asked[];
  /** What systemd was asked for: `stop ngcp-lb.service`. */
  readonly units: readonly string[];
}

export interface Situation {
  /** Absent: no daemon listens. */
  readonly answers?: Answers;
  readonly answerAfterMs?: number;
  readonly onAsked?: (times: number) => void;
  readonly terminal?: boolean;
  /** What systemd says of units; inactive where nothing is said. */
  readonly unitStates?: Readonly<Record<string, string>>;
  readonly interrupted?: AbortSignal;
}

/** 2026-11-22 07:00:00 UTC. */
export const NOW_MS = Date.UTC(2026, 10, 22, 7);

const expected = <Answer>(answer: Answer | undefined): Answer => {
  if (answer === undefined) throw new Error("the test has no answer to this");
  return answer;
};

/** The daemon's own server, with the answers of the situation behind it. */
const listen = (
  path: string,
  situation: Situation,
  asked: Asked[],
): Promise<() => Promise<void>> => {
  const { answers = {}, answerAfterMs = 0, onAsked } = situation;
  const record = (what: string, body: unknown): void => {
    asked.push({ what, body });
    onAsked?.(asked.length);
  };
  return serve(
    {
      status: () => {
        record("GET /v1/status", undefined);
        return Promise.resolve(expected(answers.status));
      },
      components: () => Promise.resolve(expected(answers.status).components),
      submit: async ({ kind, ...options }, timeoutMs) => {
        record(`POST ${PATH_OF[kind]}`, { ...options, timeoutMs });
        await pause(answerAfterMs);
        return expected(answers.command);
      },
      order: async (name, action) => {
        record(`POST /v1/components/${name}/${action}`, undefined);
        await pause(answerAfterMs);
        return expected(answers.orders?.[`${name}/${action}`]);
      },
      recording: () => {
        throw new Error("no tool of these asks for the recording");
      },
      lookAtConfiguration: () => Promise.resolve(),
    },
    path,
    "no-such-group",
  );
};

const PATH_OF = {
  makeActive: "/v1/make-active",
  makeStandby: "/v1/make-standby",
  releaseHold: "/v1/release-hold",
} as const;

/** Runs a tool against the daemon's server, or against none. */
export const runAgainst = async (
  tool: Tool,
  args: readonly string[],
  situation: Situation,
): Promise<Result> => {
  const folder = mkdtempSync(join(tmpdir(), "control-"));
  const socketPath = join(folder, "control.sock");
  const asked: Asked[] = [];
  const close =
    situation.answers === undefined ? undefined : await listen(socketPath, situation, asked);
  const said: string[] = [];
  const complained: string[] = [];
  const progress: string[] = [];
  const units: string[] = [];
  const act = (action: string) => (unit: string) => {
    units.push(`${action} ${unit}`);
    return Promise.resolve();
  };
  const desk: Desk = {
    control: connectControl(socketPath),
    units: {
      start: act("start"),
      stop: act("stop"),
      restart: act("restart"),
      states: (names) =>
        Promise.resolve(
          new Map(names.map((name) => [name, situation.unitStates?.[name] ?? "inactive"])),
        ),
    },
    node: "sp1",
    say: (line) => void said.push(line),
    complain: (line) => void complained.push(line),
    showProgress: situation.terminal === true ? (line) => void progress.push(line) : undefined,
    now: () => NOW_MS,
    onInterrupt: () => situation.interrupted ?? new AbortController().signal,
  };
  try {
    const end = await endOf(tool, ["node", "tool", ...args], desk);
    return { end, said, complained, progress, asked, units };
  } finally {
    await close?.();
    rmSync(folder, { recursive: true, force: true });
  }
};

const component = (
  name: string,
  state: ComponentStatus["state"] = "running",
  detail = "",
): ComponentStatus => ({ name, unit: `ngcp-${name}.service`, state, detail });

export const COMPONENTS_RUNNING: readonly ComponentStatus[] = [
  component("mysql"),
  component("redis"),
  component("rtpengine"),
  component("proxy"),
  component("lb"),
];

export const COMPONENTS_ON_STANDBY: readonly ComponentStatus[] = [
  component("mysql"),
  component("redis"),
  component("rtpengine", "standby"),
  component("proxy", "standby"),
  component("lb", "standby"),
];

/** An active sp1 beside a healthy standby sp2. */
export const ACTIVE: Status = {
  node: "sp1",
  version: "0.1.0",
  configuration: "3f2a9c81d0e7",
  drifted: [],
  role: "active",
  because: "the peer handed the role over",
  roleForMs: 3 * 3_600_000 + 12 * 60_000,
  term: 7,
  held: false,
  holdsAddresses: true,
  sharedAddresses: ["192.0.2.10/24", "2001:db8::10/64"],
  links: [
    { name: "crosslink", device: "eth1", carrier: true, heardMsAgo: 21 },
    { name: "lan", device: "eth0", carrier: true, heardMsAgo: 34 },
  ],
  pingNodes: { reached: 2, total: 2 },
  peer: {
    node: "sp2",
    heard: true,
    heardMsAgo: 21,
    role: "standby",
    term: 7,
    eligible: true,
    inSync: true,
    pingNodesReached: 2,
    version: "0.1.0",
    configuration: "3f2a9c81d0e7",
    report: REPORT_IN_ORDER,
  },
  stores: STORES_IN_ORDER,
  quarantine: [],
  alarms: [],
  lastRoleChange: {
    from: "promoting",
    to: "active",
    because: "the peer handed the role over",
    term: 7,
    at: "2026-11-22T03:48:00.000Z",
  },
  components: COMPONENTS_RUNNING,
  loopDelayMs: { p50: 1, max: 12 },
  realTime: true,
  droppedLogLines: 0,
};

/** The same pair, whose standby says that it needs a hand. */
export const ACTIVE_PEER_IN_NEED: Status = {
  ...ACTIVE,
  peer: { ...ACTIVE.peer, inSync: false, report: REPORT_IN_NEED },
};

/** Its standby said that some time ago, and nothing since. */
export const ACTIVE_PEER_GONE: Status = {
  ...ACTIVE,
  peer: {
    ...ACTIVE.peer,
    heard: false,
    heardMsAgo: 75_000,
    report: { ...REPORT_IN_NEED, toldMsAgo: 75_000 },
  },
};

/** The same pair seen from a standby that needs a hand. */
export const STANDBY_IN_NEED: Status = {
  ...ACTIVE,
  role: "standby",
  because: "the peer is active",
  roleForMs: 90_000,
  held: true,
  holdsAddresses: false,
  pingNodes: { reached: 1, total: 2 },
  peer: {
    ...ACTIVE.peer,
    heard: false,
    heardMsAgo: 4_000,
    role: null,
    term: null,
    eligible: null,
    inSync: null,
    pingNodesReached: null,
    version: null,
    configuration: null,
    report: null,
  },
  stores: STORES_IN_NEED,
  quarantine: ["/var/lib/ngcp-ha/quarantine/2026-11-22T07.02.40Z"],
  alarms: [
    { name: "held", sentence: "an operator holds sp1 as standby", sinceMsAgo: 80_000 },
    { name: "notInSync", sentence: "MariaDB does not replicate from sp2", sinceMsAgo: 3_600_000 },
  ],
  components: [
    component("mysql", "failed", "no answer to select 1"),
    component("redis", "notMonitored"),
    component("rtpengine", "standby"),
    component("proxy", "standby"),
    component("lb", "standby"),
  ],
  realTime: false,
  droppedLogLines: 3,
};
