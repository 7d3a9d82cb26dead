import { ApplianceError } from "../../appliance/errors.ts";

export class PeerNotFencedError extends ApplianceError {
  override readonly name = "PeerNotFencedError";
  readonly code = "NGCP_PEER_NOT_FENCED";

  constructor(why: string, options?: ErrorOptions) {
    super(`the peer could not be fenced: ${why}`, options);
  }
}

/** Longer than any time that the core gives the step: its signal ends the command. */
const FENCE_TIMEOUT_MS = 60_000;

/**
 * Runs `ha.fence_peer_command`: words apart by spaces, no shell, no quoting. Status 0 means that the peer is
 * without power or off the network, and nothing less.
 *
 * @throws {PeerNotFencedError} when there is no command, or it fails or is not done in time
 */
export const fencePeer = async (
  command: string | undefined,
  signal: AbortSignal,
): Promise<void> => {
  const [program, ...words] = (command ?? "").split(" ").filter((word) => word !== "");
  if (program === undefined) throw new PeerNotFencedError("no fence_peer_command is configured");
  const { run } = await import("../../appliance/system/command.ts");
  try {
    await run(program, words, { timeoutMs: FENCE_TIMEOUT_MS, signal });
  } catch (cause) {
    throw new PeerNotFencedError("its command failed", { cause });
  }
};
