import type { Appliance, InterfaceModel } from "../appliance/model.ts";
import { VERSION } from "../appliance/version.ts";
import type { LinkName } from "./core/heartbeat.ts";
import type { HaSettings } from "./core/settings.ts";
import { millis } from "./core/time.ts";
import type { LinkFact } from "./crosslink/links.ts";
import { Links } from "./crosslink/links.ts";
import { NetlinkAddresses } from "./effects/address.ts";
import { Announcer } from "./effects/announce.ts";
import { describe } from "./effects/describe.ts";
import { Netlink } from "./effects/netlink.ts";
import { createNotify } from "./effects/notify.ts";
import type { NotifyPort } from "./effects/notify.ts";
import type { PacketPort } from "./effects/packet.ts";
import { openPackets } from "./effects/packet.ts";
import type { Journal } from "./journal/journal.ts";
import { promised } from "./promised.ts";

/** The network of the node: all that the first heartbeat and an address need. */
export interface Network {
  readonly netlink: Netlink;
  readonly addresses: NetlinkAddresses;
  readonly links: Links;
  /** Takes 40 to 90 ms, so it comes after the first heartbeat. */
  readonly loadPackets: () => Promise<void>;
  /** systemd hears of the node as soon as the packets are open. */
  readonly notify: Promise<NotifyPort>;
  readonly devices: Readonly<Record<LinkName, string>>;
}

interface Path {
  readonly own: InterfaceModel;
  readonly peer: InterfaceModel;
}

const pathsOf = ({ self, peer }: Appliance): Readonly<Record<LinkName, Path>> => ({
  crosslink: { own: self.crosslink, peer: peer.crosslink },
  lan: { own: self.lan, peer: peer.lan },
});

/** Frames that are to be sent before the packets are open wait for them: some milliseconds at the start. */
const whenOpen = (
  packets: Promise<PacketPort>,
  journal: Journal,
): Pick<PacketPort, "sendFrame"> => {
  let open: PacketPort | undefined;
  void packets.then((port) => {
    open = port;
  });
  return {
    sendFrame: (index, frame) => {
      if (open !== undefined) open.sendFrame(index, frame);
      else
        packets
          .then((port) => port.sendFrame(index, frame))
          .catch((error: unknown) => journal.write("warning", describe(error)));
    },
  };
};

export interface NetworkParts {
  readonly appliance: Appliance;
  readonly settings: HaSettings;
  readonly journal: Journal;
  readonly now: () => number;
  readonly onFact: (fact: LinkFact) => void;
}

/**
 * The dead time that a daemon tells until it is whole. Each library that it loads stops its loop, for up to 0.3 s on a
 * machine under load (measured: two nodes and their phones on two cores); the peer must not take that for death.
 */
const LOADING_DEAD_MS = 1_000;

/** Everything here is loaded with the program itself: nothing heavy belongs into this file. */
export const createNetwork = (parts: NetworkParts): Network => {
  const { appliance, settings, journal, now } = parts;
  const netlink = new Netlink();
  const { value: packets, fulfil: packetsOpened } = promised<PacketPort>();
  const announcer = new Announcer({
    netlink,
    packets: whenOpen(packets, journal),
    onFailure: (error) => journal.write("warning", `announcing failed: ${describe(error)}`),
  });
  const paths = pathsOf(appliance);
  const link = (name: LinkName) => ({
    name,
    address: paths[name].own.address,
    peerAddress: paths[name].peer.address,
    port: appliance.ha.heartbeatPort,
    anySender: name === "crosslink",
  });
  const keys = appliance.secrets?.heartbeatKeys ?? [];
  return {
    netlink,
    addresses: new NetlinkAddresses(netlink, announcer),
    links: new Links({
      links: [link("crosslink"), link("lan")],
      peer: settings.peer,
      keys: keys.map((key) => Buffer.from(key, "hex")),
      deadMs: millis(Math.max(settings.deadMs, LOADING_DEAD_MS)),
      sharedAddressesHash: settings.sharedAddressesHash,
      version: VERSION,
      now,
      onFact: parts.onFact,
    }),
    loadPackets: async () => packetsOpened(await openPackets()),
    notify: packets.then((port) =>
      createNotify(process.env["NOTIFY_SOCKET"], port, (error) =>
        journal.write("warning", `systemd was not told: ${describe(error)}`),
      ),
    ),
    devices: { crosslink: paths.crosslink.own.device, lan: paths.lan.own.device },
  };
};
