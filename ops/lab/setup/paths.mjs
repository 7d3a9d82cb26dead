import path from "node:path";
import { fileURLToPath } from "node:url";

/** The checkout that this file belongs to. */
export const CHECKOUT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../../..");

/** Everything that is built once for many checkouts, and the labs' node disks. */
export const CACHE = process.env["TANDEM_CACHE"] ?? "/var/cache/tandem";
