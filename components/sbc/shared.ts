import type { Core, CoreInput } from "./transport.ts";

/** Somebody beside the calls, with messages of its own. */
export interface Guest extends Core {
  /** Whether an input is about it, and not about a call that the core carries. */
  concerns(input: CoreInput): boolean;
}

/** Each message to whom it concerns: the guest, or the core. */
export const shared = (core: Core, guest: Guest): Core => ({
  receive: (input, nowMs) => {
    if (guest.concerns(input)) guest.receive(input, nowMs);
    else core.receive(input, nowMs);
  },
  get deadline() {
    return Math.min(core.deadline, guest.deadline);
  },
  advance: (nowMs) => {
    guest.advance(nowMs);
    core.advance(nowMs);
  },
});
