import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { parseMessage } from "../../../../../components/sbc/sip/parse.ts";
import { serialize } from "../../../../../components/sbc/sip/serialize.ts";
import { DIRECTORY, EXPECTED, outcome } from "./torture-set.ts";

for (const [name, expected] of Object.entries(EXPECTED))
  test(`RFC 4475 ${name}: ${expected}`, (t) => {
    t.is(outcome(name), expected);
  });

test("the table names every message of RFC 4475", (t) => {
  t.deepEqual(
    Object.keys(EXPECTED).sort(),
    readdirSync(DIRECTORY)
      .map((file) => file.replace(".dat", ""))
      .sort(),
  );
});

test("a message that is understood reads the same when it was written again", (t) => {
  for (const name of Object.keys(EXPECTED)) {
    const message = parseMessage(readFileSync(join(DIRECTORY, `${name}.dat`)));
    if (message.kind === "malformed") continue;
    const again = parseMessage(serialize(message));
    t.deepEqual({ ...again, body: undefined }, { ...message, body: undefined }, name);
    t.deepEqual(again.kind !== "malformed" && Buffer.from(again.body), Buffer.from(message.body));
  }
});
