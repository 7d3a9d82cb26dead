import type { Vault } from "../vault.ts";
import type { Account, Registration } from "./registration.ts";

interface Making {
  readonly nowMs: number;
  readonly vault: Vault;
  /** A Call-ID that never was. */
  readonly newCallId: () => string;
}

const begun = (account: Account, { nowMs, vault, newCallId }: Making): Registration => {
  const { password, ...rest } = account;
  const sealed = vault.seal(password);
  return { ...rest, sealed, callId: newCallId(), sequence: 0, dueAt: nowMs, failures: 0 };
};

/** What of an account may change without making another one of it. */
const CHANGEABLE = ["subscriber", "realm", "transport"] as const;

const isSame = (registration: Registration, account: Account, { vault }: Making): boolean =>
  registration.leaving !== true &&
  CHANGEABLE.every((name) => registration[name] === account[name]) &&
  registration.target.address === account.target.address &&
  registration.target.port === account.target.port &&
  vault.open(registration.sealed) === account.password;

/** Under the same Call-ID, at once: what was wrong may be right now. */
const changed = (
  { callId, sequence, expiresAt, minExpires }: Registration,
  account: Account,
  making: Making,
): Registration => ({ ...begun(account, making), callId, sequence, expiresAt, minExpires });

/** The registrations that change so that there is one for each account: new ones, other ones, and those that leave. */
export const reconciled = (
  registrations: ReadonlyMap<string, Registration>,
  accounts: readonly Account[],
  making: Making,
): readonly Registration[] => {
  const kept = new Set(accounts.map(({ id }) => id));
  const left = [...registrations.values()]
    .filter(({ id, leaving }) => !kept.has(id) && leaving !== true)
    .map((registration) => ({
      ...registration,
      leaving: true,
      failures: 0,
      dueAt: making.nowMs,
    }));
  const others = accounts.flatMap((account) => {
    const registration = registrations.get(account.id);
    if (registration === undefined) return [begun(account, making)];
    return isSame(registration, account, making) ? [] : [changed(registration, account, making)];
  });
  return [...left, ...others];
};
