import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";

const script = join(process.cwd(), "ops/bin/ngcp-check-active");

interface Answer {
  readonly status: number | null;
  readonly word: string;
}

/** Runs the script over a role file with `role` in it, at `uptime` seconds. */
const ask = (role: string | undefined, uptime: string, ...args: readonly string[]): Answer => {
  const folder = mkdtempSync(join(tmpdir(), "check-active-"));
  try {
    const files = {
      NGCP_ROLE_FILE: join(folder, "role"),
      NGCP_UPTIME_FILE: join(folder, "uptime"),
    };
    if (role !== undefined) writeFileSync(files.NGCP_ROLE_FILE, role);
    writeFileSync(files.NGCP_UPTIME_FILE, `${uptime} 99.00\n`);
    const { status, stdout, stderr } = spawnSync(script, args, {
      env: { ...process.env, ...files },
      encoding: "utf8",
    });
    return { status, word: `${stdout}${stderr}`.trim() };
  } finally {
    rmSync(folder, { recursive: true });
  }
};

const ROLES = [
  ["active", 0, "active"],
  ["standby", 1, "standby"],
  ["starting", 2, "transition"],
  ["promoting", 2, "transition"],
  ["demoting", 2, "transition"],
  ["fenced", 2, "unknown"],
  ["mumbling", 2, "unknown"],
] as const;

for (const [role, status, word] of ROLES) {
  test(`a node that is ${role} is ${word}, status ${status}`, (t) => {
    t.deepEqual(ask(`${role} 5123.42 open\n`, "5123.50", "-v"), { status, word });
  });
}

test("without an option, and with -q, it says nothing", (t) => {
  t.deepEqual(ask("active 5.00 open\n", "5.10"), { status: 0, word: "" });
  t.deepEqual(ask("standby 5.00 closed\n", "5.10", "-q"), { status: 1, word: "" });
  t.deepEqual(ask(undefined, "5.10"), { status: 2, word: "" });
});

test("a role that is older than the dead time is unknown, and one that is just as old is not", (t) => {
  t.is(ask("active 100.00 open\n", "100.25").status, 0);
  t.is(ask("active 100.00 open\n", "100.26").status, 2);
});

test("the dead time of the file holds where there is one", (t) => {
  t.is(ask("active 100.00 open 500\n", "100.50").status, 0);
  t.is(ask("active 100.00 open 500\n", "100.51").status, 2);
  t.is(ask("active 100.00 open 100\n", "100.20").status, 2);
});

/** In the place of the role file a pipe, of which the shell takes one line each time that it opens it. */
const LINES = `printf 'active 100.10 open\\nactive 101.05 open\\n' | "$1"`;

test("a line of no time at all, written over while it was read, is read once more", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "check-active-"));
  const uptime = join(folder, "uptime");
  writeFileSync(uptime, "101.10 99.00\n");
  const env = { ...process.env, NGCP_ROLE_FILE: "/dev/stdin", NGCP_UPTIME_FILE: uptime };
  const { status } = spawnSync("sh", ["-c", LINES, "sh", script], { env });
  rmSync(folder, { recursive: true });
  t.is(status, 0);
});

test("a role of the time before a reboot is unknown", (t) => {
  t.is(ask("active 5123.42 open\n", "12.00").status, 2);
});

test("numbers with leading zeros are decimal, and the first second after the boot is no trap", (t) => {
  t.is(ask("active 0.08 open\n", "0.09").status, 0);
  t.is(ask("active 9.9 open\n", "10.09").status, 0);
  t.is(ask("active 7 open\n", "7.20").status, 0);
});

for (const garbled of [
  "",
  "\n",
  "active\n",
  "active x open\n",
  "active 1.2.3 open\n",
  "active -5 open\n",
]) {
  test(`${JSON.stringify(garbled)} in the role file is unknown`, (t) => {
    t.deepEqual(ask(garbled, "5.00", "-v"), { status: 2, word: "unknown" });
  });
}

test("an option that it does not know is an error", (t) => {
  t.deepEqual(ask("active 5.00 open\n", "5.00", "--loud"), {
    status: 2,
    word: "error: unknown option '--loud'",
  });
});
