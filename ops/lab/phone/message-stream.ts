/** Between messages of a stream: the answer to a keep-alive (RFC 5626, 3.5.1). */
export const LINE_END = "\r\n";
/** Between messages of a stream: asks for such an answer. */
export const KEEP_ALIVE = "\r\n\r\n";

const HEAD_END = "\r\n\r\n";
const LENGTH = /^(?:Content-Length|l) *: *(\d+)/im;

/** The bytes of a connection as SIP messages: each is as long as its Content-Length says (RFC 3261, 18.3). */
export class MessageStream {
  #text = "";

  /**
   * @param piece what has come, byte by byte (latin1)
   * @returns the messages that are whole now, and each `LINE_END` before, between or after them, in order
   */
  take(piece: string): readonly string[] {
    this.#text += piece;
    const whole: string[] = [];
    for (let length = this.#firstLength(); length > 0; length = this.#firstLength()) {
      whole.push(this.#text.slice(0, length));
      this.#text = this.#text.slice(length);
    }
    return whole;
  }

  /** 0 while the first message is not whole. */
  #firstLength(): number {
    if (this.#text.startsWith(LINE_END)) return LINE_END.length;
    const head = this.#text.indexOf(HEAD_END);
    if (head < 0) return 0;
    const end = head + HEAD_END.length + Number(LENGTH.exec(this.#text.slice(0, head))?.[1] ?? 0);
    return end <= this.#text.length ? end : 0;
  }
}
