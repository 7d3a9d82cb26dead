import type Srf from "drachtio-srf";
import type { ReminderSettings } from "../settings.ts";
import { answerWithoutMedia } from "../silence.ts";
import type { Entry } from "./calls.ts";
import type { Ending } from "./plan.ts";

/** The proxy beside the B2BUA: it knows where the phones are. */
const PROXY = "sip:127.0.0.1:5062";
const TEXT = "reminder";
const OVER = { headers: { Reason: `SIP;cause=200;text="${TEXT}"` } };

type Terms = Pick<
  ReminderSettings,
  "uri" | "ringSeconds" | "announcementSilentSeconds" | "longestSeconds"
>;

/** What a call to the phones has come to. */
export interface Rung {
  readonly ending: Ending;
  /** Resolves when nothing is left of the call; with the B2BUA that carries it at the latest. */
  readonly over: Promise<void>;
}

/** What the package makes of a 200 whose offer waits for an answer; its types do not say so. */
interface Answered {
  readonly sdp: string;
  readonly ack: (answer: string) => Promise<Srf.Dialog>;
}

const isAnswered = (made: object): made is Answered =>
  "sdp" in made && typeof made.sdp === "string" && "ack" in made && typeof made.ack === "function";

const statusOf = (failure: unknown): number | undefined =>
  typeof failure === "object" &&
  failure !== null &&
  "status" in failure &&
  typeof failure.status === "number"
    ? failure.status
    : undefined;

/**
 * Sends an INVITE and cancels it when it has no final answer in time. The sbc answers a cancelled one itself when nobody else
 * does, so whoever has forgotten the call, as a proxy that was started anew, keeps nobody waiting.
 *
 * @throws what `begin` throws: the status of a refusal, also of one that was cancelled
 */
const inTime = async <Made>(
  seconds: number,
  begin: (patience: object) => Promise<Made>,
): Promise<Made> => {
  let giveUp: NodeJS.Timeout | undefined;
  try {
    return await begin({
      // The package gives it (failure, request); its types say the request alone.
      cbRequest: (_failure: unknown, request?: Srf.SrfRequest) => {
        if (request !== undefined)
          giveUp = setTimeout(() => request.cancel(() => undefined), seconds * 1000);
      },
    });
  } finally {
    clearTimeout(giveUp);
  }
};

/** Whoever speaks, with the offer of the phone; `undefined` when nobody does in time. */
const announcementFor = async (
  srf: Srf,
  { uri, announcementSilentSeconds }: Terms,
  offer: string,
): Promise<Srf.Dialog | undefined> => {
  const options = { localSdp: offer, headers: { Subject: TEXT } };
  try {
    return await inTime(announcementSilentSeconds, (patience) =>
      srf.createUAC(uri, options, patience),
    );
  } catch {
    return undefined;
  }
};

/** One that has ended meanwhile is no failure. */
const end = (dialog: Srf.Dialog): void => {
  dialog.destroy(OVER, () => undefined);
};

/** When one side ends, so does the other, and both when it has lasted long enough. Resolves then. */
const together = (phone: Srf.Dialog, voice: Srf.Dialog, longestSeconds: number): Promise<void> =>
  new Promise((over) => {
    const tooLong = setTimeout(() => {
      end(phone);
      end(voice);
      over();
    }, longestSeconds * 1000);
    const pairs = [
      [phone, voice],
      [voice, phone],
    ] as const;
    for (const [one, other] of pairs)
      one.on("destroy", () => {
        clearTimeout(tooLong);
        end(other);
        over();
      });
  });

/** Answers the offer of the phone with the one of the announcement, or takes none of it and ends (RFC 3725 section 4.1). */
const speak = async (srf: Srf, terms: Terms, answered: Answered): Promise<void> => {
  const voice = await announcementFor(srf, terms, answered.sdp);
  const phone = await answered.ack(voice?.remote.sdp ?? answerWithoutMedia(answered.sdp));
  if (voice === undefined) end(phone);
  else await together(phone, voice, terms.longestSeconds);
};

/**
 * Calls the phones of a subscriber, and connects the one that takes the call with the announcement. Resolves as soon as one
 * has taken it, or none will: the proxy bounds how long they ring, and when it does not, this does.
 *
 * @param say told of what fails after that
 */
export const ring =
  (srf: Srf, say: (sentence: string) => void) =>
  async ({ uuid, user, domain }: Entry, terms: Terms): Promise<Rung> => {
    const options = {
      proxy: PROXY,
      noAck: true,
      headers: {
        From: `"Reminder" <sip:reminder@${domain}>`,
        To: `<sip:${user}@${domain}>`,
        Subject: TEXT,
        "P-NGCP-Reminder": uuid,
      },
    };
    try {
      const made = await inTime(terms.ringSeconds, (patience) =>
        srf.createUAC(`sip:${user}@${domain}`, options, patience),
      );
      if (isAnswered(made)) {
        const over = speak(srf, terms, made).catch((failure: unknown) =>
          say(`the announcement of a reminder failed: ${String(failure)}`),
        );
        return { ending: "answered", over };
      }
      // One that offers nothing has been acknowledged already.
      end(made);
      return { ending: "answered", over: Promise.resolve() };
    } catch (failure) {
      const ending = statusOf(failure) === undefined ? "lost" : "refused";
      return { ending, over: Promise.resolve() };
    }
  };
