import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import test from "ava";
import { templatesOf, updateShipped } from "../../../../appliance/ngcpcfg/shipped.ts";

const NAME = "etc/lb/lb.cfg.eta";

interface Folders {
  readonly source: string;
  readonly target: string;
  readonly ship: (name: string, content: string) => Promise<void>;
  readonly edit: (name: string, content: string) => Promise<void>;
  readonly read: (name: string) => Promise<string>;
}

const inFolders = async (use: (folders: Folders) => Promise<void>): Promise<void> => {
  const folder = await mkdtemp(join(tmpdir(), "tandem-shipped-"));
  const source = join(folder, "share");
  const target = join(folder, "config/templates");
  const put = async (path: string, content: string): Promise<void> => {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content);
  };
  try {
    await use({
      source,
      target,
      ship: (name, content) => put(join(source, name), content),
      edit: (name, content) => put(join(target, name), content),
      read: (name) => readFile(join(target, name), "utf8"),
    });
  } finally {
    await rm(folder, { recursive: true });
  }
};

test("a new package's template takes the place of one that nobody edited", async (t) => {
  await inFolders(async ({ source, target, ship, read }) => {
    await ship(NAME, "one");
    t.deepEqual(await updateShipped(source, target), { updated: [NAME], kept: [] });
    t.deepEqual(await updateShipped(source, target), { updated: [], kept: [] });
    await ship(NAME, "two");
    t.deepEqual(await updateShipped(source, target), { updated: [NAME], kept: [] });
    t.is(await read(NAME), "two");
  });
});

test("one that was edited is kept, and told at each upgrade", async (t) => {
  await inFolders(async ({ source, target, ship, edit, read }) => {
    await ship(NAME, "one");
    await updateShipped(source, target);
    await edit(NAME, "mine");
    await ship(NAME, "two");
    t.deepEqual(await updateShipped(source, target), { updated: [], kept: [NAME] });
    await ship(NAME, "three");
    t.deepEqual(await updateShipped(source, target), { updated: [], kept: [NAME] });
    t.is(await read(NAME), "mine");
  });
});

test("one that the package has no more goes, unless it was edited", async (t) => {
  await inFolders(async ({ source, target, ship, edit }) => {
    await ship(NAME, "one");
    await ship("etc/old.eta", "old");
    await ship("etc/mine.eta", "old");
    await updateShipped(source, target);
    await edit("etc/mine.eta", "mine");
    await rm(join(source, "etc/old.eta"));
    await rm(join(source, "etc/mine.eta"));
    const change = { updated: ["etc/old.eta"], kept: ["etc/mine.eta"] };
    t.deepEqual(await updateShipped(source, target), change);
    t.deepEqual(await updateShipped(source, target), { updated: [], kept: ["etc/mine.eta"] });
  });
});

test("overrides beside the templates are nobody's but the operator's", async (t) => {
  await inFolders(async ({ source, target, ship, edit, read }) => {
    await ship(NAME, "one");
    await edit("etc/lb/lb.cfg.custom.eta", "mine");
    t.deepEqual(await updateShipped(source, target), { updated: [NAME], kept: [] });
    t.is(await read("etc/lb/lb.cfg.custom.eta"), "mine");
  });
});

test("a node without templates of its own uses those of the package", async (t) => {
  await inFolders(async ({ source, target, ship }) => {
    await ship(NAME, "one");
    const config = dirname(target);
    const share = dirname(source);
    t.is(await templatesOf(config, share), join(share, "templates"));
    await updateShipped(source, target);
    t.is(await templatesOf(config, share), target);
  });
});
