/**
 * MariaDB and keepalived of Debian 13 without anything of ours, for the bench that compares the pair with them. Prints the
 * root directory; made once, kept in the cache.
 */
import { printSeparateSystem } from "./separate.mjs";

await printSeparateSystem({
  name: "keepalived",
  suite: "trixie",
  packages: ["iproute2", "keepalived", "mariadb-client", "mariadb-server"],
});
