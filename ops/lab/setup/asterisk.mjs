/**
 * Asterisk of Debian sid in a root directory of its own, for the bench that compares the B2BUA with it: Debian 13 has no
 * Asterisk. Prints the directory; made once, kept in the cache.
 */
import { printSeparateSystem } from "./separate.mjs";

await printSeparateSystem({
  name: "asterisk",
  suite: "sid",
  packages: ["asterisk", "asterisk-config", "asterisk-modules"],
  // A mirror may hold sid as it was weeks ago; who signed it is checked all the same.
  options: ['--aptopt=Acquire::Check-Valid-Until "false"'],
});
