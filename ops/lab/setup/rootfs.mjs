import { createHash } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { archiveAddress } from "./debian.mjs";
import { CHECKOUT } from "./paths.mjs";
import { runLogged, SetupError } from "./shell.mjs";
import { cachedDirectory } from "./step.mjs";

const SUITE = "trixie";

/** A Debian machine as an operator has it before the package is installed. */
const MACHINE_PACKAGES = [
  "ca-certificates",
  "dbus",
  "iproute2",
  "less",
  "login",
  "man-db",
  "procps",
  "systemd",
  "systemd-sysv",
];

/**
 * Ends with its parent, together with everything it started and mounted, so that a set-up that is killed
 * leaves nothing running in a half-made tree.
 */
export const CONTAINED = [
  ...["setpriv", "--pdeathsig", "KILL"],
  ...["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"],
];

/**
 * A bootable Debian 13 with everything that our package depends on: the bottom of every node's disk.
 *
 * @returns {Promise<{directory: string, cached: boolean}>}
 */
export const baseSystem = async () => {
  const packages = [...new Set([...MACHINE_PACKAGES, ...packageDepends()])].sort();
  const key = createHash("sha256")
    .update([SUITE, ...packages].join(" "))
    .digest("hex");
  return await cachedDirectory(`base-${key.slice(0, 16)}`, async (partial) => {
    const tree = path.join(partial, "root");
    const include = `--include=${packages.join(",")}`;
    const make = ["mmdebstrap", "--mode=root", "--variant=minbase", include, SUITE, tree];
    await runLogged("base", [...CONTAINED, ...make, await archiveAddress()]);
    // Left by the set-up of a tree in which no service may start; on a node they have to.
    rmSync(path.join(tree, "usr/sbin/policy-rc.d"), { force: true });
  });
};

/**
 * Our package installed on the base system: a layer that holds only what the installation changed.
 *
 * @param {string} base directory of the base system
 * @param {string} deb
 * @returns {Promise<{directory: string, cached: boolean}>}
 */
export const installedSystem = async (base, deb) => {
  const hash = createHash("sha256").update(readFileSync(deb)).update(base).digest("hex");
  return await cachedDirectory(`layer-${hash.slice(0, 16)}`, async (partial) => {
    for (const name of ["root", "work", "mounted"]) mkdirSync(path.join(partial, name));
    copyFileSync(deb, path.join(partial, "package.deb"));
    await runLogged("layer", [...CONTAINED, "sh", "-euc", INSTALL, "install", base, partial], {
      env: { DEBIAN_FRONTEND: "noninteractive" },
    });
    for (const name of ["work", "mounted"]) rmSync(path.join(partial, name), { recursive: true });
  });
};

const INSTALL = `
base=$1 layer=$2
mount -t overlay overlay "$layer/mounted" \
  -o "lowerdir=$base/root,upperdir=$layer/root,workdir=$layer/work"
mount -t proc proc "$layer/mounted/proc"
mount -t tmpfs tmpfs "$layer/mounted/run"
mount -t tmpfs tmpfs "$layer/mounted/tmp"
cp "$layer/package.deb" "$layer/mounted/tmp/"
chroot "$layer/mounted" dpkg -i /tmp/package.deb
umount "$layer/mounted/tmp" "$layer/mounted/run" "$layer/mounted/proc" "$layer/mounted"
`;

/** The names in the Depends field of our package; apt finds what they in turn need. */
const packageDepends = () => {
  if (!existsSync(path.join(CHECKOUT, "debian/control")))
    return "nodejs openssl kamailio kamailio-mysql-modules kamailio-tls-modules kamailio-xml-modules kamailio-extra-modules kamailio-json-modules kamailio-utils-modules kamailio-redis-modules rtpengine-daemon mariadb-server mariadb-backup redis-server".split(
      " ",
    );
  const control = readFileSync(path.join(CHECKOUT, "debian/control"), "utf8");
  const field = /^Package: ngcp-tandem$[\s\S]*?^Depends:((?:.*\n)(?:[ \t].*\n)*)/m.exec(
    control,
  )?.[1];
  if (field === undefined) throw new SetupError("debian/control has no Depends of ngcp-tandem.");
  return field
    .split(",")
    .map((entry) => (entry.split("|")[0] ?? "").replace(/\(.*\)|\[.*\]/g, "").trim())
    .filter((name) => name !== "" && !name.startsWith("$"));
};
