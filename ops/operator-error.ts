import { ApplianceError } from "../appliance/errors.ts";
import { isErrno } from "../appliance/system/errno.ts";

/** What an operator is told of a failure: its code and a sentence; undefined for a fault of the program. */
export const sentenceFor = (error: unknown): string | undefined => {
  if (error instanceof ApplianceError) return `${error.code}: ${error.message}`;
  return isErrno(error) ? `NGCP_SYSTEM_CALL_FAILED: ${error.message}` : undefined;
};

const framesOf = ({ stack = "" }: Error): readonly string[] =>
  stack.split("\n").filter((line) => /^\s+at /.test(line));

const titleOf = (error: Error): string =>
  `${error.name}${"code" in error ? ` ${String(error.code)}` : ""}`;

/** Where an error comes from and what caused it. Without the words of the causes: a command's arguments are among them. */
export const traceOf = (error: Error): readonly string[] => [
  titleOf(error),
  ...framesOf(error),
  ...(error.cause instanceof Error ? traceOf(error.cause) : []),
];
