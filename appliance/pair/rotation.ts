import { ApplianceError } from "../errors.ts";

/** Keys of one node: the first signs what it sends, each is accepted. One, or two while they change. */
export type Keys = readonly [string] | readonly [string, string];

/** One of the two nodes, as the rotation sees it. */
export interface KeyHolder {
  readonly read: () => Promise<Keys>;
  /** Stores the keys and answers when the daemon works with them and hears the peer. */
  readonly write: (keys: Keys) => Promise<void>;
}

export class KeysDifferError extends ApplianceError {
  override readonly name = "KeysDifferError";
  readonly code = "NGCP_PAIR_KEYS_DIFFER";

  constructor() {
    super("the two nodes have no heartbeat key in common");
  }
}

/** @throws {TypeError} when there are none, or more than two */
export const keysOf = (keys: readonly string[]): Keys => {
  const [first, second, ...more] = keys;
  if (first === undefined || more.length > 0) throw new TypeError("a node has one or two keys");
  return second === undefined ? [first] : [first, second];
};

const commonKey = (own: Keys, peer: Keys): string => {
  const common = own.find((key) => peer.some((other) => other === key));
  if (common === undefined) throw new KeysDifferError();
  return common;
};

const signWith = async (holder: KeyHolder, keys: Keys, key: string): Promise<void> => {
  if (keys[0] !== key) await holder.write([key, keys[0]]);
};

const keepOnly = async (holder: KeyHolder, keys: Keys, key: string): Promise<void> => {
  if (keys.length > 1) await holder.write([key]);
};

/** Brings both nodes to one key again after a rotation that did not end, whichever way is shorter. */
const settle = async (own: KeyHolder, peer: KeyHolder): Promise<string> => {
  const ours = await own.read();
  const theirs = await peer.read();
  const key = commonKey(ours, theirs);
  await signWith(own, ours, key);
  await signWith(peer, theirs, key);
  await keepOnly(own, ours, key);
  await keepOnly(peer, theirs, key);
  return key;
};

/**
 * Gives both nodes a new heartbeat key, in an order in which at every moment each node accepts what the
 * other signs with: both accept the new one, both sign with it, both drop the old one. It may be cut
 * off anywhere and begun again on either node.
 *
 * @throws {KeysDifferError} when the nodes have no key in common, so that nothing can be done in safety
 */
export const rotate = async (own: KeyHolder, peer: KeyHolder, fresh: string): Promise<void> => {
  const old = await settle(own, peer);
  const order = [[old, fresh], [fresh, old], [fresh]] as const;
  for (const keys of order) {
    await own.write(keys);
    await peer.write(keys);
  }
};
