import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir, uptime } from "node:os";
import { join } from "node:path";
import test from "ava";
import type { RoleRecord } from "../../../../ha/core/effect.ts";
import { instant, millis } from "../../../../ha/core/time.ts";
import { describe } from "../../../../ha/effects/describe.ts";
import { loadRecord, RecordFile, RecordNotSavedError } from "../../../../ha/effects/record.ts";
import type { RoleFileParts, ServicesWord } from "../../../../ha/effects/role-file.ts";
import { RoleFile, roleLeftBehind, servicesLeftBehind } from "../../../../ha/effects/role-file.ts";
import { SETTINGS } from "../settings-of-a-pair.ts";

const ADDRESSES = "eth0 192.0.2.10/24\neth0 2001:db8::10/64\n";
const RECORD: RoleRecord = { term: 3, role: "active", lastHeldTerm: 3, held: false };

/** The parts of a role file at `path`; the clock stands still, and nothing is to be told. */
const partsAt = (path: string, services: ServicesWord): RoleFileParts => ({
  path,
  services,
  deadMs: millis(250),
  addresses: SETTINGS.sharedAddresses,
  now: () => instant(0),
  journal: {
    write: (_level, sentence) => {
      throw new Error(sentence);
    },
  },
});

const inFolder = async (body: (folder: string) => Promise<void>): Promise<void> => {
  const folder = await mkdtemp(join(tmpdir(), "files-"));
  try {
    await body(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
};

test("a record that was saved is read again, and a new term keeps the rest of it", async (t) => {
  await inFolder(async (folder) => {
    const path = join(folder, "deep", "record.json");
    const file = new RecordFile(path, RECORD);
    await file.save(RECORD);
    t.deepEqual(loadRecord(path), RECORD);
    await file.saveTerm(4);
    t.deepEqual(loadRecord(path), { ...RECORD, term: 4 });
  });
});

test("of records that come while one is written the newest ends on disk", async (t) => {
  await inFolder(async (folder) => {
    const path = join(folder, "record.json");
    const file = new RecordFile(path, RECORD);
    const saves = [4, 5, 6, 7].map((term) => file.saveTerm(term));
    await saves[0];
    t.true((loadRecord(path)?.term ?? 0) >= 4);
    await Promise.all(saves);
    t.is(loadRecord(path)?.term, 7);
  });
});

test("a record that cannot be written is an error, and the next one is tried again", async (t) => {
  await inFolder(async (folder) => {
    await writeFile(join(folder, "file"), "");
    const path = join(folder, "file", "record.json");
    const file = new RecordFile(path, RECORD);
    await t.throwsAsync(file.save(RECORD), { instanceOf: RecordNotSavedError });
    await rm(join(folder, "file"));
    await file.save(RECORD);
    t.deepEqual(loadRecord(path), RECORD);
  });
});

test("no record, half a record and a record of something else all count as none", async (t) => {
  await inFolder(async (folder) => {
    const path = join(folder, "record.json");
    t.is(loadRecord(path), undefined);
    for (const text of ['{"term":3,"ro', "{}", "7", '{"term":"x","role":"active"}']) {
      await writeFile(path, text);
      t.is(loadRecord(path), undefined, text);
    }
  });
});

test("the role file is one line of role, uptime, services and dead time", async (t) => {
  await inFolder(async (folder) => {
    const path = join(folder, "run", "role");
    const file = new RoleFile(partsAt(path, "closed"));
    file.writeRole("standby");
    const [role, at, services, dead] = (await readFile(path, "utf8")).trimEnd().split(" ");
    t.deepEqual([role, services, dead], ["standby", "closed", "250"]);
    t.true(Math.abs(Number(at) - uptime()) < 1);
  });
});

test("the role file is rewritten when it says something else, or has become old", async (t) => {
  await inFolder(async (folder) => {
    const clock = { ms: 0 };
    const path = join(folder, "role");
    const file = new RoleFile({ ...partsAt(path, "closed"), now: () => instant(clock.ms) });
    const isRewritten = async (change: () => void): Promise<boolean> => {
      await writeFile(path, "untouched");
      change();
      return (await readFile(path, "utf8")) !== "untouched";
    };
    t.true(await isRewritten(() => file.writeRole("standby")));
    t.false(await isRewritten(() => file.writeRole("standby")));
    t.true(await isRewritten(() => file.writeRole("promoting")));
    t.true(await isRewritten(() => file.writeServices("open")));
    clock.ms = 150;
    t.true(await isRewritten(() => file.writeRole("promoting")));
  });
});

test("where the time alone has changed it is written over the old one, and every second a new file comes", async (t) => {
  await inFolder(async (folder) => {
    const clock = { ms: 0 };
    const path = join(folder, "role");
    const file = new RoleFile({ ...partsAt(path, "open"), now: () => instant(clock.ms) });
    const writtenAt = async (ms: number): Promise<readonly [number, number]> => {
      clock.ms = ms;
      file.writeRole("active");
      const [role, seconds, services, dead] = (await readFile(path, "utf8")).trimEnd().split(" ");
      t.deepEqual([role, services, dead], ["active", "open", "250"]);
      return [Number(seconds), (await stat(path)).ino];
    };
    const [began, first] = await writtenAt(0);
    const [later, same] = await writtenAt(150);
    t.is(same, first);
    t.true(Math.abs(later - began - 0.15) < 0.011);
    await rm(path);
    t.not((await writtenAt(1_001))[1], first, "somebody had removed it");
  });
});

test("a file beside it is there while what belongs to the active node may be started", async (t) => {
  await inFolder(async (folder) => {
    const clock = { ms: 0 };
    const flag = join(folder, "may-run");
    await writeFile(flag, "");
    const file = new RoleFile({
      ...partsAt(join(folder, "role"), "closed"),
      now: () => instant(clock.ms),
    });
    const may = (): boolean => existsSync(flag);
    file.writeRole("standby");
    t.false(may(), "what a daemon before this one left");
    file.writeServices("prepared");
    t.true(may());
    file.writeServices("closed");
    t.false(may());
    for (const role of ["promoting", "active", "demoting"] as const) {
      file.writeRole(role);
      t.true(may(), role);
      clock.ms += 1_000;
      await rm(flag);
      file.writeRole(role);
      t.true(may(), "somebody had removed it");
      file.writeRole("fenced");
      t.false(may());
    }
  });
});

test("what a daemon before this one left running is read from its role file", async (t) => {
  await inFolder(async (folder) => {
    const path = join(folder, "role");
    t.is(servicesLeftBehind(path), "closed");
    new RoleFile(partsAt(path, "open")).writeRole("active");
    t.is(servicesLeftBehind(path), "open");
    await writeFile(path, "active 12.3 nonsense\n");
    t.is(servicesLeftBehind(path), "closed");
  });
});

test("the role before this start is read from its role file, unless the daemon was away for long", async (t) => {
  await inFolder(async (folder) => {
    const path = join(folder, "role");
    const within = millis(20_000);
    t.is(roleLeftBehind(path, within), undefined);
    new RoleFile(partsAt(path, "open")).writeRole("active");
    t.is(roleLeftBehind(path, within), "active");
    await writeFile(path, `active ${uptime() - 21} open 250\n`);
    t.is(roleLeftBehind(path, within), undefined);
    for (const text of ["", "active", `nonsense ${uptime()} open 250\n`]) {
      await writeFile(path, text);
      t.is(roleLeftBehind(path, within), undefined, text);
    }
  });
});

test("the file of addresses has a line for each", async (t) => {
  await inFolder(async (folder) => {
    new RoleFile(partsAt(join(folder, "run", "role"), "closed"));
    t.is(await readFile(join(folder, "run", "addresses"), "utf8"), ADDRESSES);
  });
});

test("a full /run is told once, and once when it is over; what can still be written is", async (t) => {
  await inFolder(async (folder) => {
    const clock = { ms: 0 };
    const told: string[] = [];
    const path = join(folder, "role");
    const list = join(folder, "addresses");
    const full = [path, list].map((file) => `${file}.new`);
    await Promise.all(full.map((file) => symlink("/dev/full", file)));
    const file = new RoleFile({
      ...partsAt(path, "closed"),
      now: () => instant(clock.ms),
      journal: { write: (level, sentence) => told.push(`${level}: ${sentence}`) },
    });
    file.writeRole("active");
    file.writeServices("open");
    t.is(told.length, 1);
    t.regex(told[0] ?? "", /^warning: .*ENOSPC/);
    t.true(existsSync(join(folder, "may-run")), "an empty file takes no room");

    await Promise.all(full.map((file) => rm(file)));
    clock.ms = 130;
    file.writeRole("active");
    t.deepEqual(told.slice(1), [`notice: ${path} can be written again`]);
    t.regex(await readFile(path, "utf8"), /^active .* open 250\n$/);
    t.is(await readFile(list, "utf8"), ADDRESSES);
  });
});

test("on a /run that fills up the role is written over the old one for as long as it is the same", async (t) => {
  await inFolder(async (folder) => {
    const clock = { ms: 0 };
    const told: string[] = [];
    const path = join(folder, "role");
    const file = new RoleFile({
      ...partsAt(path, "open"),
      now: () => instant(clock.ms),
      journal: { write: (level) => told.push(level) },
    });
    const textAt = async (ms: number): Promise<string> => {
      await writeFile(path, "");
      clock.ms = ms;
      file.writeRole("active");
      return readFile(path, "utf8");
    };
    await textAt(0);
    await symlink("/dev/full", `${path}.new`);
    for (const ms of [1_001, 1_200, 1_400]) {
      t.regex(await textAt(ms), /^active [\d.]+ open 250\n$/);
      t.deepEqual(told, ["warning"]);
    }
    await rm(`${path}.new`);
    await textAt(1_600);
    t.deepEqual(told, ["warning", "notice"]);
  });
});

test("an error is told with what its causes add", (t) => {
  t.is(describe(new Error("no", { cause: new Error("disk full") })), "no: disk full");
  t.is(describe(new Error("no: disk full", { cause: new Error("disk full") })), "no: disk full");
  t.is(describe("just text"), "just text");
});
