import type { Answered, HangUp } from "./call.ts";
import type { CallSetUp, PhoneOptions } from "./phone.ts";
import type { RegistrationReport } from "./registration.ts";
import type { RawAnswers, RawOptions } from "./raw.ts";
import type { RegisterLoadOptions, RegisterLoadReport } from "./register-load.ts";
import type { RtpReport } from "./rtp.ts";
import type { WireOptions } from "./wire.ts";

/**
 * What the lab asks a process of phones: one JSON object a line on its standard input, `{id, ask}`, and one
 * answer a line on its standard output, in any order: `{id, result}` or `{id, error}`. `phone` is a name of the
 * lab's choice. When its standard input ends, the process hangs everything up without a word and ends.
 */
export type Ask =
  | { readonly kind: "open"; readonly phone: string; readonly options: PhoneOptions }
  | { readonly kind: "register"; readonly phone: string; readonly expiresSeconds: number }
  | { readonly kind: "registration"; readonly phone: string }
  /** Resolves when the call is answered or refused. */
  | { readonly kind: "call"; readonly phone: string; readonly uri: string }
  /** Resolves with the next call that this phone gets, and has answered. */
  | { readonly kind: "arrival"; readonly phone: string }
  | { readonly kind: "reinvite"; readonly phone: string; readonly callId: string }
  | { readonly kind: "bye"; readonly phone: string; readonly callId: string }
  /** Resolves when the call has ended. */
  | { readonly kind: "ended"; readonly phone: string; readonly callId: string }
  | { readonly kind: "audio"; readonly phone: string; readonly callId: string }
  /** Begins the audio report anew. */
  | { readonly kind: "markAudio"; readonly phone: string; readonly callId: string }
  /** The last messages that the phone was sent. */
  | { readonly kind: "transcript"; readonly phone: string }
  | { readonly kind: "startLoad"; readonly load: string; readonly options: RegisterLoadOptions }
  | { readonly kind: "load"; readonly load: string }
  | { readonly kind: "stopLoad"; readonly load: string }
  | { readonly kind: "raw"; readonly options: RawOptions }
  | { readonly kind: "openWire"; readonly wire: string; readonly options: WireOptions }
  /** `message` is base64. */
  | { readonly kind: "sendWire"; readonly wire: string; readonly message: string }
  /** Resolves with the first message that matches the regular expression `wanted` and was not taken before. */
  | {
      readonly kind: "heard";
      readonly wire: string;
      readonly wanted: string;
      readonly withinMs: number;
    }
  | { readonly kind: "closeWire"; readonly wire: string };

export interface Answers {
  readonly open: null;
  readonly register: Answered;
  readonly registration: RegistrationReport;
  readonly call: CallSetUp;
  readonly arrival: { readonly callId: string };
  readonly reinvite: Answered;
  readonly bye: Answered;
  readonly ended: { readonly by: HangUp };
  readonly audio: RtpReport;
  readonly markAudio: null;
  readonly transcript: readonly string[];
  readonly startLoad: null;
  readonly load: RegisterLoadReport;
  readonly stopLoad: RegisterLoadReport;
  readonly raw: RawAnswers;
  readonly openWire: null;
  readonly sendWire: null;
  readonly heard: string;
  readonly closeWire: null;
}

export type AskOf<K extends Ask["kind"]> = Extract<Ask, { readonly kind: K }>;
export type AskKind = Ask["kind"];

export interface AskLine {
  readonly id: number;
  readonly ask: Ask;
}

export type AnswerLine =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly error: string };
