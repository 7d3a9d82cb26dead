import { ApplianceError } from "../errors.ts";

/** Whose MariaDB it is, in the words of a message. */
interface Whose extends ErrorOptions {
  readonly whose: string;
}

/** MariaDB took the statement and answered with an error. */
export class StatementRefusedError extends ApplianceError {
  override readonly name = "StatementRefusedError";
  readonly code = "NGCP_DATABASE_REFUSED";
  readonly errno: number;

  constructor(errno: number, text: string, { whose, ...options }: Whose) {
    super(`MariaDB of ${whose} answered with error ${errno}: ${text}`, options);
    this.errno = errno;
  }
}

export class DatabaseSilentError extends ApplianceError {
  override readonly name = "DatabaseSilentError";
  readonly code = "NGCP_DATABASE_UNREACHABLE";

  constructor(why: string, { whose, ...options }: Whose) {
    super(`MariaDB of ${whose} does not answer: ${why}`, options);
  }
}

export class LoginMissingError extends ApplianceError {
  override readonly name = "LoginMissingError";
  readonly code = "NGCP_DATABASE_NO_LOGIN";

  constructor(path: string, why: string, options?: ErrorOptions) {
    super(`${path} says no user and password for MariaDB: ${why}`, options);
  }
}

export class NotWritableError extends ApplianceError {
  override readonly name = "NotWritableError";
  readonly code = "NGCP_NOT_ACTIVE";

  constructor(node: string) {
    super(`${node} is not active, its MariaDB is read-only: do it on the active node of the pair`);
  }
}

export class SchemaOlderError extends ApplianceError {
  override readonly name = "SchemaOlderError";
  readonly code = "NGCP_SCHEMA_OLDER";

  constructor(revision: number, wanted: number) {
    super(
      `the tables are at revision ${revision}, and this program needs ${wanted}: on the active node, \`systemctl start ngcp-schema\``,
    );
  }
}
