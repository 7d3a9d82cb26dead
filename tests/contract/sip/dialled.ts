import { DOMAIN } from "./appliance.ts";
import type { Lan } from "./line.ts";
import type { EngineNode } from "./node.ts";
import { until } from "./until.ts";

/** What a phone hears of a code that it dials. */
export interface Dialled {
  /** Status and reason of the final response to the INVITE. */
  readonly answer: string;
  readonly callId: string;
}

/** Resolves when the applications on the B2BUA take codes. */
export const applicationsServe = (node: EngineNode): Promise<void> =>
  until(async () => {
    const log = await node.run("journalctl -u ngcp-sbc-apps -o cat");
    return log.includes("serves the codes");
  }, 30_000);

export const dial = async (lan: Lan, number: string, phone = "a"): Promise<Dialled> => {
  const uri = `sip:${number.replaceAll("#", "%23")}@${DOMAIN}`;
  const { status, reason, callId } = await lan.phones.ask({ kind: "call", phone, uri });
  return { answer: `${status} ${reason}`, callId };
};

/** Waits until the application has ended the call of a code; what its BYE says of it (Reason, RFC 3326). */
export const saidInBye = async (lan: Lan, { callId }: Dialled, phone = "a"): Promise<string> => {
  await lan.phones.ask({ kind: "ended", phone, callId });
  const heard = await lan.phones.ask({ kind: "transcript", phone });
  const bye = heard.findLast((text) => text.startsWith("BYE") && text.includes(callId)) ?? "";
  return /^Reason: .*text="(.*)"/m.exec(bye)?.[1] ?? "";
};
