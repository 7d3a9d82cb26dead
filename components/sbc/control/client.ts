import { randomUUID } from "node:crypto";
import { createSocket } from "node:dgram";
import { ApplianceError } from "../../../appliance/errors.ts";
import type { Endpoint } from "../sip/via.ts";
import { CONTROL } from "./contract.ts";
import type { Answers, ControlAnswer, ControlOrder } from "./contract.ts";

export class SbcSilentError extends ApplianceError {
  override readonly name = "SbcSilentError";
  readonly code = "NGCP_SBC_SILENT";

  constructor({ address, port }: Endpoint, options?: ErrorOptions) {
    super(
      `the sbc does not answer on UDP port ${port} of ${address}: it runs on the active node only`,
      options,
    );
  }
}

type ControlAnswerCode = Extract<ControlAnswer, { readonly ok: false }>["code"];

/** What the sbc answered in place of a result. */
export class SbcRefusalError extends ApplianceError {
  override readonly name = "SbcRefusalError";
  readonly code: ControlAnswerCode;

  constructor(code: ControlAnswerCode, message: string) {
    super(message);
    this.code = code;
  }
}

const ANSWER_WITHIN_MS = 2_000;

type ResultOf<Order extends ControlOrder> = Answers[Order["command"]];

/**
 * One question, one answer.
 *
 * @throws {SbcSilentError} when nobody answers within two seconds
 * @throws {SbcRefusalError} when the order cannot be carried out
 */
export const askSbc = <Order extends ControlOrder>(
  order: Order,
  at: Endpoint = CONTROL,
): Promise<ResultOf<Order>> =>
  new Promise((resolve, reject) => {
    const id = randomUUID();
    const socket = createSocket("udp4");
    const finish = (then: () => void): void => {
      clearTimeout(timer);
      socket.close();
      then();
    };
    const timer = setTimeout(() => finish(() => reject(new SbcSilentError(at))), ANSWER_WITHIN_MS);
    socket.on("error", (cause) => finish(() => reject(new SbcSilentError(at, { cause }))));
    socket.on("message", (bytes: Buffer) => {
      const answer = JSON.parse(bytes.toString()) as ControlAnswer;
      if (answer.id !== id) return;
      finish(() => {
        if (answer.ok) resolve(answer.result as ResultOf<Order>);
        else reject(new SbcRefusalError(answer.code, answer.message));
      });
    });
    // A socket that is connected hears that nobody has the port.
    socket.connect(at.port, at.address, () => socket.send(JSON.stringify({ ...order, id })));
  });
