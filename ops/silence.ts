import { ControlTimeoutError, DaemonNotRunningError } from "../ha/control/client.ts";

/** True when nobody answered, in contrast to an answer that is an error or not for this user. */
export const isSilence = (error: unknown): error is DaemonNotRunningError | ControlTimeoutError =>
  error instanceof DaemonNotRunningError || error instanceof ControlTimeoutError;
