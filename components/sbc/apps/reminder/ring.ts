import type Srf from "drachtio-srf";
import type { ReminderSettings } from "../settings.ts";
import { answerWithoutMedia } from "../silence.ts";
import type { Entry } from "./calls.ts";
import type { Ending } from "./plan.ts";

/** The proxy beside the B2BUA: it knows where the phones are. */
const PROXY = "sip:127.0.0.1:5062";
const TEXT = "reminder";
const OVER = { headers: { Reason: `SIP;cause=200;text="${TEXT}"` } };

type Terms = Pick<ReminderSettings, "uri" | "announcementSilentSeconds" | "longestSeconds">;

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

/** Whoever speaks, with the offer of the phone; `undefined` when nobody does in time. */
const announcementFor = async (
  srf: Srf,
  { uri, announcementSilentSeconds }: Terms,
  offer: string,
): Promise<Srf.Dialog | undefined> => {
  let giveUp: NodeJS.Timeout | undefined;
  // The package gives it (failure, request); its types say the request alone.
  const patience: object = {
    cbRequest: (_failure: unknown, request?: Srf.SrfRequest) => {
      if (request !== undefined)
        giveUp = setTimeout(
          () => request.cancel(() => undefined),
          announcementSilentSeconds * 1000,
        );
    },
  };
  try {
    return await srf.createUAC(uri, { localSdp: offer, headers: { Subject: TEXT } }, patience);
  } catch {
    return undefined;
  } finally {
    clearTimeout(giveUp);
  }
};

/** One that has ended meanwhile is no failure. */
const end = (dialog: Srf.Dialog): void => {
  dialog.destroy(OVER, () => undefined);
};

/** When one side ends, so does the other, and both when it has lasted long enough. */
const together = (phone: Srf.Dialog, voice: Srf.Dialog, longestSeconds: number): void => {
  const tooLong = setTimeout(() => {
    end(phone);
    end(voice);
  }, longestSeconds * 1000);
  phone.on("destroy", () => {
    clearTimeout(tooLong);
    end(voice);
  });
  voice.on("destroy", () => {
    clearTimeout(tooLong);
    end(phone);
  });
};

/** Answers the offer of the phone with the one of the announcement, or takes none of it and ends (RFC 3725 section 4.1). */
const speak = async (srf: Srf, terms: Terms, answered: Answered): Promise<void> => {
  const voice = await announcementFor(srf, terms, answered.sdp);
  const phone = await answered.ack(voice?.remote.sdp ?? answerWithoutMedia(answered.sdp));
  if (voice === undefined) end(phone);
  else together(phone, voice, terms.longestSeconds);
};

/**
 * Calls the phones of a subscriber, and connects the one that takes the call with the announcement. Resolves as soon as one
 * has taken it, or none will: the proxy bounds how long they ring.
 *
 * @param say told of what fails after that
 */
export const ring =
  (srf: Srf, say: (sentence: string) => void) =>
  async ({ uuid, user, domain }: Entry, terms: Terms): Promise<Ending> => {
    try {
      const made = await srf.createUAC(`sip:${user}@${domain}`, {
        proxy: PROXY,
        noAck: true,
        headers: {
          From: `"Reminder" <sip:reminder@${domain}>`,
          To: `<sip:${user}@${domain}>`,
          Subject: TEXT,
          "P-NGCP-Reminder": uuid,
        },
      });
      // One that offers nothing has been acknowledged already.
      if (!isAnswered(made)) end(made);
      else
        speak(srf, terms, made).catch((failure: unknown) =>
          say(`the announcement of a reminder failed: ${String(failure)}`),
        );
      return "answered";
    } catch (failure) {
      return statusOf(failure) === undefined ? "lost" : "refused";
    }
  };
