import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { recover } from "../../../appliance/ngcpcfg/install.ts";
import { checkout } from "../../golden/golden.ts";

const CHILD = join(checkout, "dist/tests/contract/install/child.js");
/** Every system call by which a file, a name or their place on the disk changes. */
const CHANGING = [
  "fsync",
  "fchmod",
  "fchown",
  "link",
  "linkat",
  "mkdir",
  "rename",
  "renameat",
  "renameat2",
  "unlink",
  "unlinkat",
] as const;
const PATIENCE_MS = 300_000;

const OLD = { "etc/a": "old a", "etc/deep/b": "old b" };
const NEW = { "etc/a": "new a", "etc/deep/b": "new b", "etc/other/c": "added" };

type Tree = Readonly<Record<string, string>>;

const put = (root: string, tree: Tree): void => {
  for (const [name, content] of Object.entries(tree)) {
    mkdirSync(join(root, name, ".."), { recursive: true });
    writeFileSync(join(root, name), content);
  }
};

const treeOf = (root: string): Tree =>
  Object.fromEntries(
    readdirSync(root, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
      .filter((name) => !name.startsWith("state/") && !/\.ngcp-(new|old)$/.test(name))
      .sort()
      .map((name) => [name, readFileSync(join(root, name), "utf8")]),
  );

interface Kill {
  readonly call: string;
  readonly count: number;
}

/** Kills an installation before its `count`th call of `call`. Answers whether it came so far. */
const killedAt = ({ call, count }: Kill, words: readonly string[]): boolean => {
  const inject = `inject=${call}:signal=SIGKILL:when=${count}`;
  const trace = ["-f", "-qq", "-o", "/dev/null", "-e", `trace=${call}`, "-e", inject];
  const { stdout } = spawnSync("strace", [...trace, process.execPath, CHILD, ...words], {
    encoding: "utf8",
    // strace counts in each thread for itself: one does all.
    env: { ...process.env, UV_THREADPOOL_SIZE: "1" },
  });
  return stdout !== "installed";
};

const runs = async (t: ExecutionContext, verb: "keep" | "undo"): Promise<void> => {
  const folder = mkdtempSync(join(tmpdir(), "tandem-killed-"));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const list = join(folder, "files.json");
  const files = Object.entries(NEW).map(([name, content]) => ({
    path: `/${name}`,
    content,
    mode: 0o644,
  }));
  writeFileSync(list, JSON.stringify(files));
  let kills = 0;
  for (const call of CHANGING) {
    for (let count = 1; ; count += 1) {
      const root = mkdtempSync(join(folder, "root-"));
      put(root, OLD);
      const killed = killedAt({ call, count }, [list, root, verb]);
      await recover(join(root, "state"));
      const tree = treeOf(root);
      const whole = [OLD, NEW].some((set) => JSON.stringify(set) === JSON.stringify(tree));
      t.true(whole, `killed before ${call} ${count}: ${JSON.stringify(tree)}`);
      if (!killed) break;
      kills += 1;
    }
  }
  t.true(kills > 20, `only ${kills} system calls were found to kill before`);
};

test("killed before any system call, an installation leaves the old files or the new ones", async (t) => {
  t.timeout(PATIENCE_MS);
  await runs(t, "keep");
});

test("killed before any system call, one that is taken back does so too", async (t) => {
  t.timeout(PATIENCE_MS);
  await runs(t, "undo");
});
