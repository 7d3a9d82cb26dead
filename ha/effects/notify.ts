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

const WATCHDOG = "WATCHDOG=1";

/**
 * What cannot be said (systemd is busy, or executes itself anew) is said with the next message; the daemon goes on.
 *
 * @param socket the value of NOTIFY_SOCKET; absent when systemd does not listen: then nothing is said
 * @param onFailure told of the first failure of a row
 */
export const createNotify = (
  socket: string | undefined,
  packets: Pick<PacketPort, "sendToUnixSocket">,
  onFailure: (error: unknown) => void,
): NotifyPort => {
  let owed: readonly string[] = [];
  let failing = false;
  const say = (message: string): void => {
    if (socket === undefined) return;
    try {
      packets.sendToUnixSocket(socket, [...owed, message].join("\n"));
      owed = [];
      failing = false;
    } catch (error) {
      if (message !== WATCHDOG) owed = [...owed, message];
      if (!failing) onFailure(error);
      failing = true;
    }
  };
  return {
    ready: () => say("READY=1"),
    alive: () => say(WATCHDOG),
    status: (sentence) => say(`STATUS=${sentence.replaceAll("\n", " ")}`),
    stopping: () => say("STOPPING=1"),
  };
};
