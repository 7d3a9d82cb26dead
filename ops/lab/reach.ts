import type { Phones } from "./phone/phones.ts";
import { nowMs } from "./phone/clock.ts";
import type { RegistrationReport } from "./phone/registration.ts";
import { within } from "./waiting.ts";

/** What became of the phones that are only registered, over a fault. */
export interface ReachReport {
  /** The phone behind NAT was reached by a call, and has not registered again since the fault. */
  readonly nat: boolean;
  readonly tls: boolean;
  /** From the fault until the TLS phone was registered over a new connection; null when the old one held. Milliseconds. */
  readonly tlsBackMs: number | null;
  /** Why one does not count as reached, in words; empty when both were. */
  readonly losses: readonly string[];
}

/** A registered phone, and who speaks for it. */
export interface Line {
  readonly name: string;
  readonly uri: string;
  readonly phones: Phones;
}

/** A dead connection is noticed within 10 s, and a new one is made within 4 s of its being possible. */
const BACK_WITHIN_MS = 15_000;
/** An ACK or a BYE is on its way for no time; over datagrams what asks for it is repeated after 500 ms. */
const HEARD_WITHIN_MS = 5_000;

/** The phone has begun to register since the fault, or never has. */
export const registeredAgain = ({ sentAtMs }: RegistrationReport, faultAt: number): boolean =>
  sentAtMs === null || sentAtMs >= faultAt;

/** The server has answered over the connection that there is since `askedAt`, and has accepted a registration over it. */
export const isBack = ({ acceptedAtMs, flow }: RegistrationReport, askedAt: number): boolean =>
  flow !== null &&
  flow.open &&
  (flow.heardAtMs ?? 0) > askedAt &&
  (acceptedAtMs ?? 0) > (flow.brokenAtMs ?? 0);

/** From the fault until the phone had registered over a new connection; null when none has broken since. Milliseconds. */
export const backAfterMs = (
  { acceptedAtMs, flow }: RegistrationReport,
  faultAt: number,
): number | null => {
  const brokenAtMs = flow?.brokenAtMs ?? 0;
  if (brokenAtMs < faultAt || acceptedAtMs === null || acceptedAtMs < brokenAtMs) return null;
  return acceptedAtMs - faultAt;
};

/**
 * Calls the phone behind NAT, and the TLS phone as soon as it is connected again.
 *
 * @param faultAt since when the phone behind NAT must not have registered
 */
export const reach = async (
  caller: Line,
  { nat, tls }: { readonly nat: Line; readonly tls: Line },
  faultAt: number,
): Promise<ReachReport> => {
  const again = registeredAgain(await registrationOf(nat), faultAt)
    ? [`${nat.name} has registered again`]
    : [];
  const natLosses = [...again, ...(await call(caller, nat))];

  const askedAt = nowMs();
  const back = await within(BACK_WITHIN_MS, async () => isBack(await registrationOf(tls), askedAt));
  const tlsBackMs = backAfterMs(await registrationOf(tls), faultAt);
  const tlsLosses = back ? await call(caller, tls) : [`${tls.name} has not come back`];

  return {
    nat: natLosses.length === 0,
    tls: tlsLosses.length === 0,
    tlsBackMs,
    losses: [...natLosses, ...tlsLosses],
  };
};

const registrationOf = ({ phones, name }: Line): Promise<RegistrationReport> =>
  phones.ask({ kind: "registration", phone: name });

/** Calls and hangs up. Answers what did not reach the other phone, in words. */
const call = async (caller: Line, callee: Line): Promise<readonly string[]> => {
  const arrival = callee.phones.ask({ kind: "arrival", phone: callee.name });
  const { uri } = callee;
  const setUp = await caller.phones.ask({ kind: "call", phone: caller.name, uri });
  if (setUp.status !== 200)
    return [`the INVITE to ${callee.name} was answered ${setUp.status} ${setUp.reason}`];
  const { callId } = await arrival;
  const heard = async (): Promise<boolean> =>
    (await callee.phones.ask({ kind: "transcript", phone: callee.name })).some(
      (message) => message.startsWith("ACK ") && message.includes(callId),
    );
  const acknowledged = await within(HEARD_WITHIN_MS, heard);
  const bye = await caller.phones.ask({ kind: "bye", phone: caller.name, callId });
  return [
    ...(acknowledged ? [] : [`no ACK has reached ${callee.name}`]),
    ...(bye.status === 200 ? [] : [`the BYE to ${callee.name} was answered ${bye.status}`]),
  ];
};
