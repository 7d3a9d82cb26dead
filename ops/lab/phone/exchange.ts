import { PhoneError } from "./phone-error.ts";
import { Phone } from "./phone.ts";
import type { Answers, AskKind, AskOf } from "./protocol.ts";
import { exchangeRaw } from "./raw.ts";
import { RegisterLoad } from "./register-load.ts";
import { Wire } from "./wire.ts";

type Handlers = {
  readonly [K in AskKind]: (ask: AskOf<K>) => Answers[K] | Promise<Answers[K]>;
};

const named = <T>(things: ReadonlyMap<string, T>, name: string): T => {
  const thing = things.get(name);
  if (thing === undefined) throw new PhoneError(`nothing is called ${name} here`);
  return thing;
};

/** The phones of one process by name, and what they are asked to do. */
export class Exchange {
  readonly #phones = new Map<string, Phone>();
  readonly #loads = new Map<string, RegisterLoad>();
  readonly #wires = new Map<string, Wire>();

  readonly #handlers: Handlers = {
    open: async ({ phone, options }) => {
      this.#phones.set(phone, await Phone.open(options));
      return null;
    },
    register: ({ phone, expiresSeconds }) => named(this.#phones, phone).register(expiresSeconds),
    registration: ({ phone }) => named(this.#phones, phone).registration,
    call: ({ phone, uri }) => named(this.#phones, phone).call(uri),
    arrival: async ({ phone }) => {
      const call = await named(this.#phones, phone).arrival();
      return { callId: call.dialog.callId };
    },
    reinvite: ({ phone, callId }) => this.#call(phone, callId).reinvite(),
    bye: ({ phone, callId }) => this.#call(phone, callId).bye(),
    ended: async ({ phone, callId }) => ({ by: await this.#call(phone, callId).ended() }),
    audio: ({ phone, callId }) => this.#call(phone, callId).audio.report(),
    markAudio: ({ phone, callId }) => {
      this.#call(phone, callId).audio.mark();
      return null;
    },
    transcript: ({ phone }) => named(this.#phones, phone).heard,
    startLoad: async ({ load, options }) => {
      this.#loads.set(load, await RegisterLoad.start(options));
      return null;
    },
    load: ({ load }) => named(this.#loads, load).report(),
    stopLoad: ({ load }) => {
      const report = named(this.#loads, load).stop();
      this.#loads.delete(load);
      return report;
    },
    raw: ({ options }) => exchangeRaw(options),
    openWire: async ({ wire, options }) => {
      this.#wires.get(wire)?.close();
      this.#wires.set(wire, await Wire.open(options));
      return null;
    },
    sendWire: ({ wire, message }) => {
      named(this.#wires, wire).send(message);
      return null;
    },
    heard: ({ wire, wanted, withinMs }) =>
      named(this.#wires, wire).heard(new RegExp(wanted, "m"), withinMs),
    closeWire: ({ wire }) => {
      named(this.#wires, wire).close();
      this.#wires.delete(wire);
      return null;
    },
  };

  /** @throws {PhoneError} when there is no such phone, call or load */
  ask<K extends AskKind>(ask: AskOf<K> & { readonly kind: K }): Promise<Answers[K]> {
    return Promise.resolve(this.#handlers[ask.kind](ask));
  }

  close(): void {
    for (const phone of this.#phones.values()) phone.close();
    for (const load of this.#loads.values()) load.stop();
    for (const wire of this.#wires.values()) wire.close();
    this.#phones.clear();
    this.#wires.clear();
    this.#loads.clear();
  }

  #call(phone: string, callId: string): ReturnType<Phone["callOf"]> {
    return named(this.#phones, phone).callOf(callId);
  }
}
