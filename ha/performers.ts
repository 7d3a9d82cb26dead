import { setTimeout as delay } from "node:timers/promises";
import type { CommandDesk } from "./control/command-desk.ts";
import type { HaSettings, SharedAddress } from "./core/settings.ts";
import type { Network } from "./network.ts";
import type { Happening } from "./loop.ts";
import type { Chronicle } from "./journal/chronicle.ts";
import type { Journal } from "./journal/journal.ts";
import { describe } from "./effects/describe.ts";
import { fenceSelf } from "./effects/fence-self.ts";
import { KernelNeighbours } from "./effects/neighbour.ts";
import type { NeighbourPort } from "./effects/ports.ts";
import type { Performers } from "./effects/perform.ts";
import type { RecordFile } from "./effects/record.ts";
import type { RoleFile } from "./effects/role-file.ts";
import type { Runner } from "./effects/runner.ts";
import { sipIsAnswered } from "./probes/sip-probe.ts";

/** The probes of a silent peer answer within this time: the dead time is 150 ms after their start. */
const PEER_PROBE_MS = 140;
/** A SIP answer that comes late, from a proxy that waits for a processor, still shows that there is service. */
const LATE_SIP_ANSWER_MS = 1_000;
const SIP_PORT = 5060;

export interface PerformerParts {
  readonly settings: HaSettings;
  readonly network: Network;
  readonly runner: Runner;
  readonly record: RecordFile;
  readonly roleFile: RoleFile;
  readonly desk: CommandDesk;
  readonly chronicle: Chronicle;
  readonly journal: Journal;
  readonly post: (happening: Happening) => void;
  /** Commits stop waiting for a standby that is silent. */
  readonly stopWaitingForPeer: () => Promise<void>;
  /** Ends the feeding of the watchdog for good. */
  readonly stopFeeding: () => void;
  readonly exit: () => void;
}

const addressOf = ({ cidr }: SharedAddress): string => cidr.slice(0, cidr.indexOf("/"));

/** True as soon as one is true, false when all are false. */
const anyOf = (answers: readonly Promise<boolean>[]): Promise<boolean> =>
  new Promise((resolve) => {
    for (const answer of answers) void answer.then((yes) => yes && resolve(true));
    void Promise.all(answers).then((all) => resolve(all.includes(true)));
  });

/** Asks for every shared address at once; one that cannot be asked for counts as silent, and the journal says so. */
const anyAnswers = (
  { settings, journal }: PerformerParts,
  asked: (address: SharedAddress) => Promise<boolean>,
): Promise<boolean> =>
  anyOf(
    settings.sharedAddresses.map((address) =>
      asked(address).catch((error: unknown) => {
        journal.write("warning", `${address.cidr} could not be asked for: ${describe(error)}`);
        return false;
      }),
    ),
  );

const probeNeighbour = async (parts: PerformerParts, neighbours: NeighbourPort): Promise<void> => {
  const answered = await anyAnswers(parts, (address) => neighbours.answers(address, PEER_PROBE_MS));
  parts.post({ kind: "neighbourProbed", answered });
};

/** Tells what is known when the peer's time is over, and once more when an answer comes after all. */
const probeService = async (parts: PerformerParts): Promise<void> => {
  const answer = anyAnswers(parts, (address) =>
    sipIsAnswered({
      target: addressOf(address),
      port: SIP_PORT,
      source: undefined,
      againAfterMs: PEER_PROBE_MS / 2,
      timeoutMs: LATE_SIP_ANSWER_MS,
    }),
  );
  const inTime = await Promise.race([answer, delay(PEER_PROBE_MS, false)]);
  parts.post({ kind: "serviceProbed", answered: inTime });
  if (!inTime && (await answer)) parts.post({ kind: "serviceProbed", answered: true });
};

const fence = async (parts: PerformerParts, because: string): Promise<void> => {
  const { journal, network, runner, settings, stopFeeding } = parts;
  journal.write("error", `this node fences itself: ${because}`);
  await fenceSelf({
    addresses: settings.sharedAddresses,
    held: (addresses) => network.addresses.held(addresses),
    mayStillAdd: () => runner.mayStillAdd(),
    stopFeeding,
    say: (sentence) => journal.write("error", sentence),
  });
};

const save = async (
  { record, journal, post }: PerformerParts,
  wanted: Parameters<RecordFile["save"]>[0],
): Promise<void> => {
  try {
    await record.save(wanted);
    post({ kind: "recordSaved", term: wanted.term });
  } catch (error) {
    journal.write("error", describe(error));
  }
};

/** How each effect of the core is begun. */
export const createPerformers = (parts: PerformerParts): Performers => {
  const { settings, network, roleFile, chronicle } = parts;
  const neighbours = new KernelNeighbours(network.netlink);
  return {
    sendHeartbeat: ({ heartbeat }) => {
      network.links.send(heartbeat);
      roleFile.writeRole(heartbeat.role);
    },
    runStep: (step) => parts.runner.run(step),
    saveRecord: ({ record }) => void save(parts, record),
    probePeerService: () => {
      void probeNeighbour(parts, neighbours);
      void probeService(parts);
    },
    probeNeighbour: () => void probeNeighbour(parts, neighbours),
    stopWaitingForPeer: () => {
      parts
        .stopWaitingForPeer()
        .catch((error: unknown) => parts.journal.write("warning", describe(error)));
    },
    announceSharedAddresses: () => network.addresses.announce(settings.sharedAddresses),
    answerCommand: (answer) => parts.desk.answer(answer),
    roleChanged: (change) => {
      roleFile.writeRole(change.to);
      chronicle.roleChanged(change);
    },
    alarmRaised: (alarm) => chronicle.alarmRaised(alarm),
    alarmCleared: (alarm) => chronicle.alarmCleared(alarm),
    fenceSelf: ({ because }) => void fence(parts, because),
    exit: () => parts.exit(),
  };
};
