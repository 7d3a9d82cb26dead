import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import test from "ava";
import { rtpengine } from "../../../../components/rtpengine.ts";
import { componentStatus } from "../../../../ha/control/status.ts";
import { Components } from "../../../../ha/probes/components.ts";
import { Unmonitored } from "../../../../ha/probes/unmonitored.ts";

/** Enough for a round to have read its small files. */
const ROUND_MS = 20;

const relayWithTable = (folder: string) => {
  const namedIn = join(folder, "relay.conf");
  writeFileSync(namedIn, "[rtpengine]\ntable = 3\nno-fallback = false\n");
  const said: string[] = [];
  const node = { answers: true, round: (): void => undefined };
  const health = { kind: "redisPing", timeoutMs: 500, failures: 9 } as const;
  const watch = new Components(
    {
      components: [{ ...rtpengine, health, kernelTable: { namedIn, directory: folder } }],
      stores: {
        database: { ping: () => Promise.resolve() },
        cache: {
          ping: () => (node.answers ? Promise.resolve() : Promise.reject(new Error("no answer"))),
        },
      },
      units: { states: () => Promise.resolve(new Map()), restart: () => Promise.resolve() },
      unmonitored: new Unmonitored(join(folder, "unmonitored")),
      now: () => 0,
      every: (_ms, work) => {
        node.round = work;
        return () => undefined;
      },
      say: (sentence) => said.push(sentence),
    },
    "open",
  );
  const round = async (answers: boolean): Promise<void> => {
    node.answers = answers;
    node.round();
    await pause(ROUND_MS);
  };
  return { watch, round, said };
};

test("a relay without its kernel table runs, the status says so, and the journal once", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "ngcp-relay-"));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const { watch, round, said } = relayWithTable(folder);
  watch.start();
  await pause(ROUND_MS);
  for (const answers of [true, false, true, true]) await round(answers);
  t.deepEqual(said, ["rtpengine runs in user space: no kernel table 3"]);
  const [view] = await watch.views();
  t.like(view === undefined ? {} : componentStatus(view, "open"), {
    state: "running",
    detail: "user space: no kernel table 3",
  });
  mkdirSync(join(folder, "3"));
  t.is((await watch.views())[0]?.without, "");
});
