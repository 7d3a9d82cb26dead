import { ApplianceError } from "../../appliance/errors.ts";

export class DatabaseUnreachableError extends ApplianceError {
  override readonly name = "DatabaseUnreachableError";
  readonly code = "NGCP_DATABASE_UNREACHABLE";
  /** True when nothing listens there: MariaDB is not running. */
  readonly notRunning: boolean;

  constructor(where: string, why: string, notRunning: boolean, options?: ErrorOptions) {
    super(`MariaDB at ${where} does not answer: ${why}`, options);
    this.notRunning = notRunning;
  }
}

export class DatabaseRefusedError extends ApplianceError {
  override readonly name = "DatabaseRefusedError";
  readonly code = "NGCP_DATABASE_REFUSED";
  readonly errno: number;

  constructor(where: string, errno: number, text: string, options?: ErrorOptions) {
    super(`MariaDB at ${where} refused: ${text} (error ${errno})`, options);
    this.errno = errno;
  }
}

export class CacheUnreachableError extends ApplianceError {
  override readonly name = "CacheUnreachableError";
  readonly code = "NGCP_CACHE_UNREACHABLE";
  /** True when nothing listens there: Redis is not running. */
  readonly notRunning: boolean;

  constructor(where: string, why: string, notRunning: boolean, options?: ErrorOptions) {
    super(`Redis at ${where} does not answer: ${why}`, options);
    this.notRunning = notRunning;
  }
}

export class CacheRefusedError extends ApplianceError {
  override readonly name = "CacheRefusedError";
  readonly code = "NGCP_CACHE_REFUSED";

  constructor(where: string, text: string, options?: ErrorOptions) {
    super(`Redis at ${where} refused: ${text}`, options);
  }
}
