import { ExpectationError } from "../expectation-error.ts";

/** The longest that a commit may take while waiting for the standby ends or begins. */
const STALL_MAX_MS = 2_000;

/** @throws {ExpectationError} a client that wrote all the time waited longer for one acknowledgement */
export const expectNoStall = (longestMs: number): void => {
  if (longestMs > STALL_MAX_MS)
    throw new ExpectationError(
      `a client waited ${longestMs.toFixed(0)} ms for one acknowledgement`,
    );
};
