import type { Appliance } from "../appliance/model.ts";
import { COMPONENTS } from "../components/index.ts";
import { CommandDesk } from "./control/command-desk.ts";
import type { HaSettings } from "./core/settings.ts";
import type { HaState } from "./core/state.ts";
import { nextTick } from "./core/pace.ts";
import { step } from "./core/step.ts";
import type { Instant } from "./core/time.ts";
import type { LinkFact } from "./crosslink/links.ts";
import { describe } from "./effects/describe.ts";
import { fencePeer } from "./effects/fence-peer.ts";
import { createHandlers } from "./effects/handlers.ts";
import { perform } from "./effects/perform.ts";
import { createRunner } from "./effects/runner.ts";
import { Chronicle } from "./journal/chronicle.ts";
import type { Journal } from "./journal/journal.ts";
import { LAST_CHANGE_FILE, LastChangeFile } from "./journal/last-change.ts";
import { Recorder, writeRecording } from "./journal/recorder.ts";
import { Lateness } from "./lateness.ts";
import type { Services } from "./late.ts";
import { loadLate } from "./late.ts";
import type { Happening } from "./loop.ts";
import { Loop } from "./loop.ts";
import type { Network } from "./network.ts";
import { createNetwork } from "./network.ts";
import type { Past } from "./past.ts";
import { lookBack } from "./past.ts";
import { createPerformers } from "./performers.ts";
import { CarrierProbe } from "./probes/carrier.ts";
import { promised } from "./promised.ts";
import { Rounds } from "./rounds.ts";
import { Watchdog } from "./watchdog.ts";

const RECORDINGS = "/var/lib/ngcp-ha/recordings";
const STOP_WAITING_WITHIN_MS = 1_000;

export interface Beginning {
  readonly appliance: Appliance;
  readonly settings: HaSettings;
  readonly journal: Journal;
  readonly realTime: boolean;
  readonly now: () => Instant;
}

/** The daemon of one node: the core in its loop, and everything that tells it something or does something for it. */
export class Daemon {
  readonly #beginning: Beginning;
  readonly #network: Network;
  readonly #past: Past;
  readonly #loop: Loop<HaState>;
  readonly #recorder: Recorder<HaState>;
  readonly #chronicle: Chronicle;
  readonly #desk: CommandDesk;
  readonly #watchdog: Watchdog;
  readonly #services = promised<Services>();
  readonly #rounds = new Rounds();
  readonly #lateness = new Lateness();
  #ending = false;

  private constructor(beginning: Beginning, network: Network, past: Past) {
    const { settings, now } = beginning;
    this.#beginning = beginning;
    this.#network = network;
    this.#past = past;
    this.#recorder = new Recorder(settings, past.initial);
    this.#chronicle = this.#createChronicle();
    this.#desk = new CommandDesk((happening) => this.post(happening));
    this.#watchdog = new Watchdog(now);
    this.#loop = this.#createLoop();
  }

  /** Looks at what is there, then speaks and listens: the first heartbeat goes out within some milliseconds. */
  static async begin(beginning: Beginning): Promise<Daemon> {
    const { appliance, settings, journal, now } = beginning;
    const network = createNetwork({
      appliance,
      settings,
      journal,
      now,
      onFact: (fact) => daemon.#follow(fact),
    });
    const past = await lookBack(network, beginning);
    const daemon = new Daemon(beginning, network, past);
    daemon.#start();
    return daemon;
  }

  post(happening: Happening): void {
    this.#loop.post(happening);
  }

  /** SIGTERM: hands the role over, then ends the process. */
  end(): void {
    this.#ending = true;
    this.post({ kind: "shutdownRequested" });
  }

  #start(): void {
    const { journal, settings } = this.#beginning;
    this.#network.links.open();
    this.#loop.start();
    this.post({ kind: "tick" });
    new CarrierProbe({
      devices: this.#network.devices,
      netlink: this.#network.netlink,
      every: this.#rounds.every,
      onCarrier: (link, up) => this.post({ kind: "carrierChanged", link, up }),
      onNetworkChanged: () => this.#network.links.networkChanged(),
    }).start();
    void this.#network.notify.then((notify) => this.#watchdog.attach(notify));
    const late = loadLate({
      ...this.#beginning,
      chronicle: this.#chronicle,
      recorder: this.#recorder,
      network: this.#network,
      desk: this.#desk,
      servicesAtStart: this.#past.services,
      post: (happening) => this.post(happening),
      every: this.#rounds.every,
      loopDelayMs: () => this.#lateness.delay(),
      snapshot: () => this.#loop.snapshot(),
    });
    void late.services.then((services) => this.#services.fulfil(services));
    late.rest
      .then(() => {
        // What the start has left behind, 10 MB, goes while the peer is still patient: it takes some 20 ms.
        globalThis.gc?.();
        this.#network.links.tellDeadTime(settings.deadMs);
      })
      .catch((error: unknown) =>
        journal.write("error", `this daemon is not whole: ${describe(error)}`),
      );
  }

  #follow(fact: LinkFact): void {
    const { journal } = this.#beginning;
    switch (fact.kind) {
      case "heartbeatReceived":
      case "datagramRefused":
        this.post(fact);
        return;
      case "linkBound":
        journal.write("info", `the ${fact.link} link is open`);
        return;
      case "linkUnbound":
        journal.write("warning", `the ${fact.link} link cannot be used: ${fact.reason}`);
    }
  }

  #createChronicle(): Chronicle {
    const { journal, now } = this.#beginning;
    const lastChange = new LastChangeFile(LAST_CHANGE_FILE);
    return new Chronicle({
      journal,
      now,
      wallClock: () => new Date(),
      before: this.#past.before,
      saveChange: (change) => {
        lastChange
          .save(change)
          .catch((error: unknown) => journal.write("warning", describe(error)));
      },
      saveRecording: ({ at, to }) => {
        const name = `${at.replaceAll(":", ".")}-${to}`;
        writeRecording(RECORDINGS, name, this.#recorder.parts()).catch((error: unknown) =>
          journal.write("warning", describe(error)),
        );
      },
    });
  }

  #createLoop(): Loop<HaState> {
    const { settings, now, journal, appliance } = this.#beginning;
    const { record, roleFile } = this.#past;
    const handlers = createHandlers({
      addresses: settings.sharedAddresses,
      address: this.#network.addresses,
      record,
      roleFile,
      fencePeer: (signal) => fencePeer(appliance.ha.fencePeerCommand, signal),
      services: async () => (await this.#services.value).ports,
      isEnding: () => this.#ending,
      activeComponents: COMPONENTS.filter(({ runsOn }) => runsOn === "active"),
    });
    const performers = createPerformers({
      settings,
      journal,
      record,
      roleFile,
      network: this.#network,
      runner: createRunner(handlers, (settled) => this.post(settled)),
      desk: this.#desk,
      chronicle: this.#chronicle,
      post: (happening) => this.post(happening),
      stopWaitingForPeer: () => this.#stopWaitingForPeer(),
      stopFeeding: () => this.#watchdog.stop(),
      exit: () => this.#exit(),
    });
    return new Loop<HaState>({
      step,
      nextTick,
      initial: this.#past.initial,
      settings,
      now,
      perform: (effect) => perform(performers, effect),
      drainLinks: async () => {
        await this.#network.links.drain();
      },
      completed: (event, before, { effects }) => {
        this.#recorder.add(before, { event, effects });
        this.#watchdog.stepCompleted();
      },
      ticked: (at, lateMs) => {
        this.#lateness.note(at, lateMs);
        this.#rounds.run(at);
      },
    });
  }

  async #stopWaitingForPeer(): Promise<void> {
    const { database } = await this.#services.value;
    await database.stopWaitingForPeer(AbortSignal.timeout(STOP_WAITING_WITHIN_MS));
  }

  #exit(): void {
    this.#beginning.journal.flush();
    process.exit();
  }
}
