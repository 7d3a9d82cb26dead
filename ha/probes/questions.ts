import type { Socket } from "node:dgram";
import { createSocket } from "node:dgram";
import { ApplianceError } from "../../appliance/errors.ts";

export class ProbeUnansweredError extends ApplianceError {
  override readonly name = "ProbeUnansweredError";
  readonly code = "NGCP_PROBE_UNANSWERED";

  constructor(what: string, problem: string, options?: ErrorOptions) {
    super(`${what} ${problem}`, options);
  }
}

export interface Question {
  readonly host: string;
  readonly port: number;
  /** Made when the local port is known. */
  readonly datagram: (localPort: number) => string;
  /** Whether an answer is the right one; others are ignored. */
  readonly accepts: (answer: string) => boolean;
  readonly timeoutMs: number;
}

interface Asked {
  readonly accepts: Question["accepts"];
  readonly finish: (error: ProbeUnansweredError | undefined) => void;
}

/** One socket for one port that is asked. Connected, so that a closed port is known at once. */
class Line {
  readonly #what: string;
  readonly #asked = new Set<Asked>();
  readonly #socket: Socket;
  readonly #connected: Promise<void>;

  constructor(host: string, port: number, onBroken: () => void) {
    this.#what = `${host}:${port}`;
    this.#socket = createSocket(host.includes(":") ? "udp6" : "udp4");
    // A question that waits has its timer; the socket alone keeps no process running.
    this.#socket.unref();
    this.#socket.on("message", (answer) => this.#answered(answer.toString("utf8")));
    this.#connected = new Promise((resolve) => {
      // A connect that fails is told to its callback alone.
      this.#socket.connect(port, host, (...failure: readonly unknown[]) => {
        if (failure[0] === undefined || failure[0] === null) resolve();
        else this.#socket.emit("error", failure[0]);
      });
    });
    this.#socket.once("error", (cause: NodeJS.ErrnoException) => {
      onBroken();
      this.#socket.on("error", () => undefined);
      this.#socket.close();
      const error = new ProbeUnansweredError(this.#what, `cannot be asked (${cause.code ?? ""})`, {
        cause,
      });
      for (const { finish } of this.#asked) finish(error);
    });
  }

  ask(question: Question): Promise<void> {
    return new Promise((resolve, reject) => {
      const { accepts, datagram, timeoutMs } = question;
      const finish = (error: ProbeUnansweredError | undefined): void => {
        clearTimeout(timer);
        this.#asked.delete(asked);
        if (error === undefined) resolve();
        else reject(error);
      };
      const asked = { accepts, finish };
      const timer = setTimeout(
        () => finish(new ProbeUnansweredError(this.#what, `did not answer within ${timeoutMs} ms`)),
        timeoutMs,
      );
      this.#asked.add(asked);
      void this.#connected.then(() => {
        if (this.#asked.has(asked)) this.#socket.send(datagram(this.#socket.address().port));
      });
    });
  }

  #answered(answer: string): void {
    for (const { accepts, finish } of this.#asked) if (accepts(answer)) finish(undefined);
  }
}

/** Asks over UDP, each port from a socket of its own that stays as long as it works. */
export class Questions {
  readonly #lines = new Map<string, Line>();

  /**
   * Asks once.
   *
   * @throws {ProbeUnansweredError} without the right answer in time, or at once when nobody listens there
   */
  ask(question: Question): Promise<void> {
    const { host, port } = question;
    const key = `${host} ${port}`;
    const line = this.#lines.get(key) ?? new Line(host, port, () => this.#lines.delete(key));
    this.#lines.set(key, line);
    return line.ask(question);
  }
}
