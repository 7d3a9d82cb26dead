import type { ExecutionContext } from "ava";
import { SbcPair } from "./pair.ts";
import { WirePhone } from "./wire-phone.ts";

/** A B2BUA between two phones that say what the test tells them to. */
export interface Line {
  readonly pair: SbcPair;
  readonly caller: WirePhone;
  readonly callee: WirePhone;
}

export const LIMIT_MS = 60_000;

/**
 * Taken away when the test has ended.
 *
 * @param settings the file that ngcpcfg writes on a node; none for the defaults
 * @param words of the command line of the B2BUA besides
 */
export const opened = async (
  t: ExecutionContext,
  settings?: string,
  words?: readonly string[],
): Promise<Line> => {
  t.timeout(2 * LIMIT_MS);
  const [caller, callee] = await Promise.all([WirePhone.open(), WirePhone.open()]);
  const pair = await SbcPair.start(callee.port, settings, words);
  t.teardown(async () => {
    caller.close();
    callee.close();
    await pair.end();
  });
  return { pair, caller, callee };
};
