import { connect } from "node:net";
import { constants } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import { ApplianceError } from "../../appliance/errors.ts";
import type { MethodCall, Reply } from "./dbus.ts";
import { decodeReply, encodeCall, messageLength, Reader } from "./dbus.ts";
import type { UnitsPort, UnitState } from "./ports.ts";

/** systemd's own socket: it answers root also while the message bus is down. */
const SYSTEMD_SOCKET = "/run/systemd/private";
/** A call to systemd takes about 1 ms; one that takes this long is not answered any more. */
const ANSWER_WITHIN_MS = 5_000;
const POLL_MS = 25;
const { SIGKILL } = constants.signals;

export class UnitsError extends ApplianceError {
  override readonly name = "UnitsError";
  readonly code = "NGCP_UNITS_REFUSED";

  constructor(what: string, options?: ErrorOptions) {
    super(`systemd did not do what was asked: ${what}`, options);
  }
}

const GREETING = `\0AUTH EXTERNAL ${Buffer.from(String(process.getuid?.() ?? 0)).toString("hex")}\r\nBEGIN\r\n`;
const GREETING_ANSWER_END = "\r\n";

/** Takes every whole message out of `received` and gives back what is left. */
const takeReplies = (received: Buffer, take: (reply: Reply) => void): Buffer => {
  let rest = received;
  for (let length = messageLength(rest); length !== undefined; length = messageLength(rest)) {
    const reply = decodeReply(rest.subarray(0, length));
    if (reply !== undefined) take(reply);
    rest = rest.subarray(length);
  }
  return rest;
};

/**
 * Sends `calls` over one connection and returns their replies in order.
 *
 * @throws {UnitsError} when systemd cannot be reached or does not answer in time
 */
const exchange = (calls: readonly MethodCall[], signal: AbortSignal): Promise<readonly Reply[]> =>
  new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const socket = connect({ path: SYSTEMD_SOCKET });
    const replies = new Map<number, Reply>();
    let received: Buffer = Buffer.alloc(0);
    let greeted = false;
    const finish = (error: UnitsError | undefined): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", abandon);
      socket.destroy();
      if (error === undefined)
        resolve([...replies].sort(([a], [b]) => a - b).map(([, reply]) => reply));
      else reject(error);
    };
    const abandon = (): void => finish(new UnitsError("it did not answer in time"));
    const timer = setTimeout(abandon, ANSWER_WITHIN_MS);
    signal.addEventListener("abort", abandon, { once: true });
    socket.on("error", (cause) => finish(new UnitsError(`${SYSTEMD_SOCKET} failed`, { cause })));
    socket.on("close", () => finish(new UnitsError("it closed the connection")));
    socket.on("connect", () => socket.write(GREETING));
    socket.on("data", (chunk) => {
      received = Buffer.concat([received, chunk]);
      if (!greeted) {
        const end = received.indexOf(GREETING_ANSWER_END);
        if (end < 0) return;
        greeted = true;
        // Signals may follow at once: systemd sends them to everyone who is connected.
        received = received.subarray(end + GREETING_ANSWER_END.length);
        // What arrives together with the greeting would wait in systemd for something more to arrive.
        socket.write(Buffer.concat(calls.map((call, index) => encodeCall(call, index + 1))));
      }
      received = takeReplies(received, (reply) => replies.set(reply.serial, reply));
      if (replies.size === calls.length) finish(undefined);
    });
  });

const manager = (member: string, values: MethodCall["arguments"]): MethodCall => ({
  path: "/org/freedesktop/systemd1",
  interface: "org.freedesktop.systemd1.Manager",
  member,
  arguments: values,
});

const expectSuccess = (replies: readonly Reply[]): void => {
  for (const reply of replies) {
    if (reply.kind === "failed") {
      throw new UnitsError(`${new Reader(reply.body).string()} (${reply.name})`);
    }
  }
};

const STATES: Readonly<Record<string, UnitState>> = {
  active: "active",
  reloading: "active",
  refreshing: "active",
  activating: "activating",
  deactivating: "deactivating",
  failed: "failed",
};

/** Reads the answer of ListUnitsByNames, `a(ssssssouso)`: name, description, load, active, and seven more. */
const readStates = (body: Buffer): ReadonlyMap<string, UnitState> => {
  const reader = new Reader(body);
  const length = reader.uint32();
  reader.align(8);
  const end = reader.offset + length;
  const states = new Map<string, UnitState>();
  while (reader.offset < end) {
    reader.align(8);
    const texts = Array.from({ length: 7 }, () => reader.string());
    reader.uint32();
    reader.string();
    reader.string();
    states.set(texts[0] ?? "", STATES[texts[3] ?? ""] ?? "inactive");
  }
  return states;
};

const listStates = async (
  units: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, UnitState>> => {
  const replies = await exchange([manager("ListUnitsByNames", [units])], signal);
  expectSuccess(replies);
  return readStates(replies[0]?.body ?? Buffer.alloc(4));
};

const call = async (
  member: string,
  units: readonly string[],
  signal: AbortSignal,
): Promise<void> => {
  expectSuccess(
    await exchange(
      units.map((unit) => manager(member, [unit, "replace"])),
      signal,
    ),
  );
};

/** Start limits of the past do not count when the daemon wants a unit to run. */
const forgetFailures = async (units: readonly string[], signal: AbortSignal): Promise<void> => {
  await exchange(
    units.map((unit) => manager("ResetFailedUnit", [unit])),
    signal,
  );
};

const isStopped = (state: UnitState): boolean => state === "inactive" || state === "failed";

const untilStopped = async (units: readonly string[], signal: AbortSignal): Promise<void> => {
  for (;;) {
    const states = await listStates(units, signal);
    if ([...states.values()].every(isStopped)) return;
    await delay(POLL_MS, undefined, { signal });
  }
};

/** systemd by its own D-Bus socket, 1 ms a call where systemctl takes 12. */
export const systemd: UnitsPort = {
  start: async (units, signal) => {
    await forgetFailures(units, signal);
    await call("StartUnit", units, signal);
  },
  stop: async (units, signal) => {
    await call("StopUnit", units, signal);
    await untilStopped(units, signal);
  },
  beginStop: (units, signal) => call("StopUnit", units, signal),
  restart: async (units, signal) => {
    await forgetFailures(units, signal);
    await call("RestartUnit", units, signal);
  },
  kill: async (units, signal) => {
    const calls = units.map((unit) => manager("KillUnit", [unit, "main", SIGKILL]));
    expectSuccess(await exchange(calls, signal));
  },
  states: listStates,
};
