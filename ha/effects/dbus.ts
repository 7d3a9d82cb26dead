/**
 * As much of the D-Bus wire format as asking systemd takes: a method call with strings and numbers, and a reply.
 * Little-endian, protocol version 1 (D-Bus specification, "Message Format").
 */
export interface MethodCall {
  readonly path: string;
  readonly interface: string;
  readonly member: string;
  /** `s` for a string, `i` for a number from 0 on, `as` for a list of strings. */
  readonly arguments: readonly (string | number | readonly string[])[];
}

export type Reply =
  | { readonly kind: "returned"; readonly serial: number; readonly body: Buffer }
  | {
      readonly kind: "failed";
      readonly serial: number;
      readonly name: string;
      readonly body: Buffer;
    };

const METHOD_CALL = 1;
const METHOD_RETURN = 2;
const ERROR = 3;
const FIELD = { path: 1, interface: 2, member: 3, errorName: 4, replySerial: 5, signature: 8 };

const aligned = (offset: number, to: number): number => Math.ceil(offset / to) * to;

/** Grows a message; alignment counts from its first byte. */
class Writer {
  readonly #parts: Buffer[] = [];
  length = 0;

  align(to: number): void {
    this.#push(Buffer.alloc(aligned(this.length, to) - this.length));
  }

  byte(value: number): void {
    this.#push(Buffer.from([value]));
  }

  uint32(value: number): void {
    this.align(4);
    const part = Buffer.alloc(4);
    part.writeUInt32LE(value);
    this.#push(part);
  }

  string(value: string): void {
    const text = Buffer.from(value);
    this.uint32(text.length);
    this.#push(Buffer.concat([text, Buffer.from([0])]));
  }

  signature(value: string): void {
    this.#push(Buffer.concat([Buffer.from([value.length]), Buffer.from(`${value}\0`, "latin1")]));
  }

  bytes(): Buffer {
    return Buffer.concat(this.#parts);
  }

  append(part: Buffer): void {
    this.#push(part);
  }

  #push(part: Buffer): void {
    this.#parts.push(part);
    this.length += part.length;
  }
}

/** Reads values from the body of a message, in the order of its signature. */
export class Reader {
  readonly #buffer: Buffer;
  offset = 0;

  constructor(buffer: Buffer) {
    this.#buffer = buffer;
  }

  align(to: number): void {
    this.offset = aligned(this.offset, to);
  }

  byte(): number {
    const value = this.#buffer.readUInt8(this.offset);
    this.offset += 1;
    return value;
  }

  uint32(): number {
    this.align(4);
    const value = this.#buffer.readUInt32LE(this.offset);
    this.offset += 4;
    return value;
  }

  string(): string {
    return this.#text(this.uint32());
  }

  signature(): string {
    return this.#text(this.byte());
  }

  #text(length: number): string {
    const value = this.#buffer.toString("utf8", this.offset, this.offset + length);
    this.offset += length + 1;
    return value;
  }
}

const stringList = (values: readonly string[]): Buffer => {
  const list = new Writer();
  values.forEach((value) => list.string(value));
  return list.bytes();
};

const encodeBody = (values: MethodCall["arguments"]): Buffer => {
  const body = new Writer();
  for (const value of values) {
    if (typeof value === "string") body.string(value);
    else if (typeof value === "number") body.uint32(value);
    else {
      const list = stringList(value);
      body.uint32(list.length);
      body.append(list);
    }
  }
  return body.bytes();
};

const typeOf = (value: MethodCall["arguments"][number]): string => {
  if (typeof value === "string") return "s";
  return typeof value === "number" ? "i" : "as";
};

const encodeFields = (call: MethodCall): Buffer => {
  const fields = new Writer();
  const field = (code: number, type: string, write: () => void): void => {
    fields.align(8);
    fields.byte(code);
    fields.signature(type);
    write();
  };
  const signature = call.arguments.map(typeOf);
  field(FIELD.path, "o", () => fields.string(call.path));
  field(FIELD.interface, "s", () => fields.string(call.interface));
  field(FIELD.member, "s", () => fields.string(call.member));
  field(FIELD.signature, "g", () => fields.signature(signature.join("")));
  return fields.bytes();
};

export const encodeCall = (call: MethodCall, serial: number): Buffer => {
  const body = encodeBody(call.arguments);
  const fields = encodeFields(call);
  const message = new Writer();
  message.append(Buffer.from([0x6c, METHOD_CALL, 0, 1]));
  message.uint32(body.length);
  message.uint32(serial);
  message.uint32(fields.length);
  message.append(fields);
  message.align(8);
  message.append(body);
  return message.bytes();
};

/** The length of the message that begins `buffer`; undefined while too little of it has arrived. */
export const messageLength = (buffer: Buffer): number | undefined => {
  if (buffer.length < 16) return undefined;
  const length = 16 + aligned(buffer.readUInt32LE(12), 8) + buffer.readUInt32LE(4);
  return buffer.length < length ? undefined : length;
};

interface Fields {
  serial: number;
  errorName: string;
}

const decodeFields = (message: Buffer): Fields => {
  const fields: Fields = { serial: 0, errorName: "" };
  const reader = new Reader(message);
  reader.offset = 16;
  const end = 16 + message.readUInt32LE(12);
  while (reader.offset < end) {
    reader.align(8);
    const code = reader.byte();
    const type = reader.signature();
    if (type === "u") {
      const value = reader.uint32();
      if (code === FIELD.replySerial) fields.serial = value;
    } else {
      const value = type === "g" ? reader.signature() : reader.string();
      if (code === FIELD.errorName) fields.errorName = value;
    }
  }
  return fields;
};

/** @returns undefined for a signal or a call, which nobody here waits for */
export const decodeReply = (message: Buffer): Reply | undefined => {
  const type = message.readUInt8(1);
  if (type !== METHOD_RETURN && type !== ERROR) return undefined;
  const { serial, errorName } = decodeFields(message);
  const body = message.subarray(16 + aligned(message.readUInt32LE(12), 8));
  return type === METHOD_RETURN
    ? { kind: "returned", serial, body }
    : { kind: "failed", serial, name: errorName, body };
};
