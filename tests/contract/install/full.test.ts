import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { checkout } from "../../golden/golden.ts";

const CHILD = join(checkout, "dist/tests/contract/install/full-child.js");
const SIZE_KB = 512;
const PATIENCE_MS = 120_000;

const OLD = { a: "old a", b: "old b" };
const NEW = { a: "new a", b: "new b", c: "added" };
const listed = (set: Readonly<Record<string, string>>): string =>
  Object.entries(set)
    .map(([name, content]) => `${name}=${content}\n`)
    .join("");

/** Mounts a small disk that nobody else sees, puts the old files on it, runs the child, and prints what is there. */
const SCRIPT = `
mount -t tmpfs -o size=${SIZE_KB}k tmpfs "$2" && mkdir "$2/etc" &&
printf 'old a' >"$2/etc/a" && printf 'old b' >"$2/etc/b" &&
"$0" "$1" "$3" "$2" "$4" "$5" && echo && cd "$2/etc" &&
for name in *; do case $name in *.ngcp-*) ;; *) printf '%s=%s\\n' "$name" "$(cat "$name")" ;; esac; done
`;

const onSmallDisk = (t: ExecutionContext) => {
  const folder = mkdtempSync(join(tmpdir(), "tandem-full-"));
  const disk = mkdtempSync(join(tmpdir(), "tandem-disk-"));
  t.teardown(() => {
    rmSync(folder, { recursive: true });
    rmSync(disk, { recursive: true });
  });
  const list = join(folder, "files.json");
  const files = Object.entries(NEW).map(([name, content]) => ({
    path: `/etc/${name}`,
    content,
    mode: 0o644,
  }));
  writeFileSync(list, JSON.stringify(files));
  return (verb: string, pages: number) => {
    const words = [process.execPath, CHILD, disk, list, verb, String(pages)];
    const { stdout, stderr } = spawnSync(
      "unshare",
      ["--mount", "--propagation", "private", "sh", "-c", SCRIPT, ...words],
      { encoding: "utf8" },
    );
    const [end = "", ...lines] = stdout.split("\n");
    return { end, tree: lines.join("\n"), stderr };
  };
};

test("an installation on a disk that is full, at whatever step, leaves the old files or the new ones", (t) => {
  t.timeout(PATIENCE_MS);
  const run = onSmallDisk(t);
  const ends = new Set<string>();
  for (let pages = 0; !ends.has("done"); pages += 1) {
    const { end, tree, stderr } = run("install", pages);
    ends.add(end);
    t.is(tree, listed(end === "done" ? NEW : OLD), `${pages} pages: ${end} ${stderr}`);
    if (pages > SIZE_KB / 4) break;
  }
  t.deepEqual([...ends], ["NGCP_INSTALL_FAILED", "done"]);
});

test("the way back needs no room on the disk", (t) => {
  t.timeout(PATIENCE_MS);
  const { end, tree, stderr } = onSmallDisk(t)("undo", 0);
  t.is(end, "done", stderr);
  t.is(tree, listed(OLD));
});
