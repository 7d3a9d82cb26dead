import { readFileSync } from "node:fs";

/** mlock2(2): pages that are there stay, others once they have been used. */
const MLOCK_ONFAULT = 1n;

interface Mapping {
  readonly start: bigint;
  readonly bytes: bigint;
}

/** What is mapped of files and never written to: programs and libraries, as /proc/self/maps (proc(5)) tells. */
export const filesMapped = (maps: string): readonly Mapping[] =>
  [...maps.matchAll(/^([0-9a-f]+)-([0-9a-f]+) r-[-x]p \S+ \S+ [1-9][0-9]* +\//gm)].map(
    ([, from = "", to = ""]) => ({
      start: BigInt(`0x${from}`),
      bytes: BigInt(`0x${to}`) - BigInt(`0x${from}`),
    }),
  );

/**
 * What the daemon has used of its program stays in memory. The kernel takes such pages away from who stands still, and a node
 * that thaws would read them from its disk before it could let the address go; a node whose disk hangs could not at all. Pages
 * that are not used are not brought in, so the daemon becomes no bigger. The heap is left out: V8 gives parts of it back to the
 * kernel, which refuses that for memory that is kept (found with mlockall(2): the daemon was aborted within 20 s).
 *
 * @throws {Error} with the errno: EPERM without CAP_IPC_LOCK, ENOMEM when the limit of locked memory is too low
 */
export const keepInMemory = async (): Promise<void> => {
  const { default: kernel } = await import("syscall-napi");
  for (const { start, bytes } of filesMapped(readFileSync("/proc/self/maps", "utf8")))
    kernel.syscall.sync(kernel.__NR_mlock2, start, bytes, MLOCK_ONFAULT);
};
