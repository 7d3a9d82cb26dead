import { createHash } from "node:crypto";
import path from "node:path";
import { fileURLToPath } from "node:url";

/** The checkout that this file belongs to. */
export const CHECKOUT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../../..");

/** Everything that is built once for many checkouts, and the labs' node disks. */
export const CACHE = process.env["TANDEM_CACHE"] ?? "/var/cache/tandem";

/** Tells checkouts apart where they share the cache. */
export const CHECKOUT_KEY = createHash("sha256").update(CHECKOUT).digest("hex").slice(0, 8);
