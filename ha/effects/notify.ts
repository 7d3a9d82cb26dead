import type { PacketPort } from "./packet.ts";

/** What the daemon tells systemd (sd_notify(3)). */
export interface NotifyPort {
  /** The daemon is up: `Type=notify` units count as started from here on. */
  ready(): void;
  /** Feeds the watchdog. */
  alive(): void;
  /** One line for `systemctl status`. */
  status(sentence: string): void;
  /** The daemon is about to end. */
  stopping(): void;
}

/** @param socket the value of NOTIFY_SOCKET; absent when systemd does not listen: then nothing is said */
export const createNotify = (
  socket: string | undefined,
  packets: Pick<PacketPort, "sendToUnixSocket">,
): NotifyPort => {
  const say = (message: string): void => {
    if (socket !== undefined) packets.sendToUnixSocket(socket, message);
  };
  return {
    ready: () => say("READY=1"),
    alive: () => say("WATCHDOG=1"),
    status: (sentence) => say(`STATUS=${sentence.replaceAll("\n", " ")}`),
    stopping: () => say("STOPPING=1"),
  };
};
