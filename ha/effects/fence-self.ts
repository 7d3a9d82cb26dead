import { setTimeout as delay } from "node:timers/promises";
import type { SharedAddress } from "../core/settings.ts";
import type { AddressPort } from "./ports.ts";
import { describe } from "./describe.ts";

/** POSIX sh and ip, no Node: removes the addresses that this process could not remove. */
export const RELEASE_PROGRAM = "/usr/sbin/ngcp-ha-release";
const RELEASE_WITHIN_MS = 400;
const REBOOT_ANSWER_MS = 10_000;

export interface FenceParts {
  readonly addresses: readonly SharedAddress[];
  readonly held: AddressPort["held"];
  /** Whether an address that this node gave up on may be added yet. */
  readonly mayStillAdd: () => boolean;
  /** Ends the feeding of the watchdog: systemd kills the daemon within a second. */
  readonly stopFeeding: () => void;
  readonly say: (sentence: string) => void;
}

const stillHeld = async (parts: FenceParts): Promise<boolean> => {
  if (parts.mayStillAdd()) return true;
  const answer = await Promise.race([
    parts.held(parts.addresses).catch(() => parts.addresses),
    delay(RELEASE_WITHIN_MS, parts.addresses),
  ]);
  return answer.length > 0;
};

/**
 * What is left when the addresses could not be removed in time: another process removes them, and if this
 * kernel still holds one afterwards, or may add one yet that it was asked for, the node reboots at once, services
 * or not. The watchdog is not fed any
 * more, so that a daemon in this state does not live on.
 */
export const fenceSelf = async (parts: FenceParts): Promise<void> => {
  parts.stopFeeding();
  const { run } = await import("../../appliance/system/command.ts");
  try {
    await run(RELEASE_PROGRAM, ["--addresses-only"], { timeoutMs: RELEASE_WITHIN_MS });
  } catch (error) {
    parts.say(describe(error));
  }
  if (!(await stillHeld(parts))) return;
  parts.say("a shared address could not be removed: this node reboots now");
  await run("systemctl", ["reboot", "--force", "--force"], { timeoutMs: REBOOT_ANSWER_MS });
};
