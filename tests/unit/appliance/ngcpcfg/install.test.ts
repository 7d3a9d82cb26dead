import { execFileSync } from "node:child_process";
import {
  chmod,
  chown,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import type { BuiltFile } from "../../../../appliance/ngcpcfg/build.ts";
import { changesOf, install, InstallFailedError } from "../../../../appliance/ngcpcfg/install.ts";
import { checkout } from "../../../golden/golden.ts";

const file = (path: string, content: string, mode = 0o644): BuiltFile => ({ path, content, mode });

const inRoot = async (t: ExecutionContext, use: (root: string) => Promise<void>): Promise<void> => {
  const root = await mkdtemp(join(tmpdir(), "tandem-install-"));
  try {
    await use(root);
  } finally {
    await rm(root, { recursive: true });
  }
  t.pass();
};

/** What ngcpcfg build does: installs, and leaves no way back. */
const installed = async (files: readonly BuiltFile[], root: string) => {
  const { changes, settle } = await install(files, placeOf(root));
  await settle();
  return changes;
};

const placeOf = (root: string) => ({ root, stateDirectory: join(root, "state") });

const tree = async (root: string): Promise<readonly string[]> =>
  (await readdir(root, { recursive: true, withFileTypes: true }))
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length))
    .sort();

test("what differs is written with its mode, and what does not is left alone", async (t) => {
  await inRoot(t, async (root) => {
    const files = [file("/etc/a/b", "one\n"), file("/etc/c", "two\n", 0o600)];
    t.deepEqual(await installed(files, root), [
      { path: "/etc/a/b", kind: "added" },
      { path: "/etc/c", kind: "added" },
    ]);
    t.is((await stat(join(root, "etc/c"))).mode & 0o777, 0o600);
    const before = await stat(join(root, "etc/a/b"));
    t.deepEqual(await installed(files, root), []);
    t.is((await stat(join(root, "etc/a/b"))).ino, before.ino);

    await chmod(join(root, "etc/c"), 0o644);
    t.deepEqual(await installed(files, root), [{ path: "/etc/c", kind: "changed" }]);
    t.is((await stat(join(root, "etc/c"))).mode & 0o777, 0o600);
    t.deepEqual(await tree(root), ["/etc/a/b", "/etc/c"]);
  });
});

test("what would change is told without a trace", async (t) => {
  await inRoot(t, async (root) => {
    t.deepEqual(await changesOf([file("/etc/x", "1")], root), [{ path: "/etc/x", kind: "added" }]);
    t.deepEqual(await readdir(root), []);
  });
});

test("when one file cannot be written, none changes and nothing is left behind", async (t) => {
  await inRoot(t, async (root) => {
    await mkdir(join(root, "etc/taken"), { recursive: true });
    await writeFile(join(root, "etc/a"), "old\n");
    await t.throwsAsync(installed([file("/etc/a", "new\n"), file("/etc/taken", "x")], root), {
      instanceOf: InstallFailedError,
      message:
        "/etc/taken could not be written: something that is no file is there; every file is as it was before",
    });
    await t.throwsAsync(installed([file("/etc/a", "new\n"), file("/etc/a/below", "x")], root), {
      instanceOf: InstallFailedError,
      message: /^\/etc\/a\/below could not be written: ENOTDIR/,
    });
    t.is(await readFile(join(root, "etc/a"), "utf8"), "old\n");
    t.deepEqual(await tree(root), ["/etc/a"]);
  });
});

test("what an interrupted run left behind is no obstacle", async (t) => {
  await inRoot(t, async (root) => {
    await writeFile(join(root, "a"), "old");
    await writeFile(join(root, "a.ngcp-new"), "half");
    await writeFile(join(root, "a.ngcp-old"), "older");
    await installed([file("/a", "new")], root);
    t.is(await readFile(join(root, "a"), "utf8"), "new");
    t.deepEqual(await tree(root), ["/a"]);
  });
});

const INSTALL_ON_FULL_DISK = `
  mount -t tmpfs -o size=64k tmpfs "$1" && printf old > "$1/a" && node --input-type=module -e '
    const { install } = await import(process.argv[1] + "/dist/appliance/ngcpcfg/install.js");
    const big = "x".repeat(100000);
    await install([{ path: "/a", content: "new", mode: 0o644 }, { path: "/b", content: big, mode: 0o644 }], { root: process.argv[2], stateDirectory: process.argv[2] + "/state" })
      .catch((error) => console.log(error.code + ": " + error.message));
  ' "$2" "$1" && cat "$1/a" && ls "$1"`;

test("a full disk changes nothing and says so", async (t) => {
  await inRoot(t, async (root) => {
    const output = await Promise.resolve(
      execFileSync("unshare", ["-m", "sh", "-c", INSTALL_ON_FULL_DISK, "sh", root, checkout], {
        encoding: "utf8",
      }),
    );
    t.is(
      output,
      "NGCP_INSTALL_FAILED: /b could not be written: ENOSPC: no space left on device, write; every file is as it was before\nolda\n",
    );
  });
});

test("what was installed can be taken back until it is settled", async (t) => {
  await inRoot(t, async (root) => {
    await writeFile(join(root, "a"), "old", { mode: 0o640 });
    const { undo } = await install([file("/a", "new"), file("/b", "added")], placeOf(root));
    t.is(await readFile(join(root, "a"), "utf8"), "new");
    await undo();
    t.is(await readFile(join(root, "a"), "utf8"), "old");
    t.is((await stat(join(root, "a"))).mode & 0o777, 0o640);
    t.deepEqual(await tree(root), ["/a"]);
  });
});

test("a file keeps its owner", async (t) => {
  await inRoot(t, async (root) => {
    await writeFile(join(root, "a"), "old");
    await chown(join(root, "a"), 0, 7);
    await installed([file("/a", "new")], root);
    t.is((await stat(join(root, "a"))).gid, 7);
  });
});
