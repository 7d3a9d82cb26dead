import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import { load } from "../../../../appliance/config/load.ts";
import { ConfigInvalidError } from "../../../../appliance/config/problem.ts";
import { fingerprintOf, readSecrets } from "../../../../appliance/pair/secrets.ts";
import { loadFiles, problemsOf, says, shipped } from "./files.ts";

test("a byte order mark, CRLF and anchors are no mistakes", async (t) => {
  const { appliance } = await loadFiles({
    "config.yml":
      "\u00EF\u00BB\u00BFha: &timers\r\n  dead_ms: &long 300\r\n  initial_dead_ms: 5000\r\nqos: {tos_rtp: 96}\r\n",
  });
  t.deepEqual([appliance.ha.deadMs, appliance.rtp.tos], [300, 96]);
});

test("aliases that lead nowhere, into themselves or to millions are told as mistakes", async (t) => {
  await says(
    t,
    { "config.yml": "ha: {dead_ms: *nowhere}\n" },
    "config.yml:1:15: no anchor &nowhere stands before this alias",
  );
  await says(
    t,
    { "config.yml": "ha: &a {dead_ms: *a}\n" },
    "config.yml:1:18: the alias *a stands inside its own anchor",
  );
  const nine = (name: string): string =>
    `[${Array.from({ length: 9 }, () => `*${name}`).join(",")}]`;
  const bomb = [
    "a: &a [x]",
    ...Array.from("bcdefgh").map(
      (name, index) => `${name}: &${name} ${nine("abcdefg".charAt(index))}`,
    ),
  ];
  await says(
    t,
    { "config.yml": `${bomb.join("\n")}\n` },
    "config.yml:1:1: has aliases that multiply to more than can be read",
  );
});

test("a text that would take the parser down is not given to it", async (t) => {
  for (const deep of [
    "a: " + "[".repeat(20_000),
    "a: " + "{b: ".repeat(20_000),
    "- ".repeat(20_000),
  ])
    await says(t, { "config.yml": `${deep}\n` }, "config.yml:1:1: nests deeper than 50 levels");
  await says(
    t,
    { "config.yml": `# ${"x".repeat(1_000_000)}\n` },
    "config.yml:1:1: has more than 1000000 characters",
  );
});

test("a merge that was not finished is named at its first mark", async (t) => {
  const sides = "<<<<<<< HEAD\nqos: {tos_rtp: 1}\n=======\nqos: {tos_rtp: 2}\n>>>>>>> 1a2b3c\n";
  await says(
    t,
    { "config.yml": `ha: {dead_ms: 300}\n${sides}` },
    "config.yml:2:1: a merge was not finished: keep one of the two sides",
  );
});

test("tabs and keys that are there twice are named with their place", async (t) => {
  t.deepEqual(await problemsOf({ "config.yml": "qos:\n\ttos_rtp: 96\n" }), [
    "config.yml:2:1: Tabs are not allowed as indentation",
  ]);
  t.deepEqual(await problemsOf({ "config.yml": "qos: {}\nha: {}\nqos: {}\n" }), [
    "config.yml:3:1: Map keys must be unique",
  ]);
});

test("a path or a device with what ends a word or a line in an engine's file is refused", async (t) => {
  for (const path of ['/a"b', "/a;b", "/a\\u0000b", "/a\\nb", "/a#b"])
    t.regex(
      (
        await problemsOf({
          "config.yml": `ha: {fence_peer_command: "${path.replace('"', '\\"')}"}\n`,
        })
      )[0] ?? "",
      /ha\.fence_peer_command: is .*; allowed: the absolute path of a program/,
    );
  t.regex(
    (await problemsOf({ "config.yml": "kamailio: {lb: {proxies: ['127.0.0.1:99999']}}\n" }))[0] ??
      "",
    /allowed: an IPv4 address with a port/,
  );
});

const inFolder = async (use: (directory: string) => Promise<void>): Promise<void> => {
  const directory = await mkdtemp(join(tmpdir(), "tandem-hostile-"));
  try {
    await writeFile(join(directory, "network.yml"), await shipped("network.yml"));
    await writeFile(join(directory, "config.yml"), "");
    await use(directory);
  } finally {
    await rm(directory, { recursive: true });
  }
};

test("a folder, a link and a file in the place of a folder are mistakes like others", async (t) => {
  await inFolder(async (directory) => {
    await writeFile(join(directory, "config.d"), "");
    await t.throwsAsync(load(directory, "sp1", "myhost"), {
      instanceOf: ConfigInvalidError,
      message: /^config\.d:1:1: could not be read: ENOTDIR/,
    });
  });
  await inFolder(async (directory) => {
    await mkdir(join(directory, "config.sp.yml"));
    await symlink("config.yml", join(directory, "config.local.yml"));
    await t.throwsAsync(load(directory, "sp1", "myhost"), {
      instanceOf: ConfigInvalidError,
      message:
        /^config\.sp\.yml:1:1: could not be read: EISDIR[^]*config\.local\.yml:1:1: is a symbolic link/,
    });
  });
});

test("a damaged constants.yml is told as that, and nothing of it is quoted", async (t) => {
  await inFolder(async (directory) => {
    await writeFile(join(directory, "constants.yml"), "pair:\n  redis_password: [verySecretWord\n");
    const error = await t.throwsAsync(readSecrets(directory), { instanceOf: ConfigInvalidError });
    t.regex(error.message, /^constants\.yml:3:1: /);
    t.notRegex(error.message, /verySecretWord/);
  });
  t.throws(() => fingerprintOf("pair: [\n"), { instanceOf: ConfigInvalidError });
  t.is(fingerprintOf(""), null);
  t.is(fingerprintOf("# nothing\n"), null);
});
