import { spawnSync } from "node:child_process";
import { outputOf, runLogged, SetupError } from "./shell.mjs";
import { CACHED, locked } from "./step.mjs";

/** What the lab, the package build and the tests need of the machine they run on. */
const HOST_PACKAGES = [
  "build-essential",
  "ca-certificates",
  "debhelper",
  "debian-archive-keyring",
  "fakeroot",
  "git",
  "iproute2",
  "lintian",
  "man-db",
  "mmdebstrap",
  "nftables",
  "openssl",
  "procps",
  "python3",
  "redis-server",
  "sip-tester",
  "strace",
  "systemd-container",
  "util-linux",
];

const APT = { DEBIAN_FRONTEND: "noninteractive", NEEDRESTART_MODE: "l" };

/** Installs the Debian packages that are missing on this machine, and no others. */
export const installHostPackages = async () => {
  if (missingPackages().length === 0) return CACHED;
  return await locked("apt", async () => {
    const missing = missingPackages();
    if (missing.length === 0) return CACHED;
    await runLogged("dpkg-configure", ["dpkg", "--configure", "-a"], { env: APT });
    await runLogged("apt-update", ["apt-get", "update"], { env: APT });
    const install = ["apt-get", "install", "-y", "--no-install-recommends", ...missing];
    await runLogged("apt-install", install, { env: APT });
    return missing.join(" ");
  });
};

const missingPackages = () => {
  const format = "-f=${Package} ${db:Status-Status}\\n";
  const known = spawnSync("dpkg-query", ["-W", format, ...HOST_PACKAGES], { encoding: "utf8" });
  const installed = new Set(
    known.stdout
      .split("\n")
      .filter((line) => line.endsWith(" installed"))
      .map((line) => line.split(" ")[0]),
  );
  return HOST_PACKAGES.filter((name) => !installed.has(name));
};

/**
 * The Debian archive that this machine itself installs from.
 *
 * @returns {Promise<string>}
 */
export const archiveAddress = async () => {
  const known = archives();
  if (known !== undefined) return known;
  await runLogged("apt-update", ["apt-get", "update"], { env: APT });
  const found = archives();
  if (found !== undefined) return found;
  throw new SetupError("apt knows no Debian archive: the root file system has to come from one.");
};

/** @returns {string | undefined} */
const archives = () =>
  outputOf([
    "apt-get",
    "indextargets",
    "--format",
    "$(REPO_URI) $(ORIGIN)/$(LABEL) $(COMPONENT)",
    "Created-By: Packages",
  ])
    .split("\n")
    .find((line) => line.endsWith(" Debian/Debian main"))
    ?.split(" ")[0];
