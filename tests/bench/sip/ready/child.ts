import { setTimeout as pause } from "node:timers/promises";
import { proxy } from "../../../../components/proxy.ts";
import { askComponent } from "../../../../ha/probes/component-probe.ts";
import { Questions } from "../../../../ha/probes/questions.ts";
import { nowMs } from "../../../../ops/lab/phone/clock.ts";

/** Finer than the daemon asks, whose own pace would be most of a difference. */
const PACE_MS = 10;
/** As long as the daemon waits for an answer of what starts. */
const WITHIN_MS = 200;

const nobody = { ping: () => Promise.reject(new Error("only the proxy is asked here")) };
const means = { database: nobody, cache: nobody, questions: new Questions() };

const isReady = (): Promise<boolean> =>
  askComponent({ ...proxy.health, timeoutMs: WITHIN_MS }, means).then(
    () => true,
    () => false,
  );

/* Asks the proxy, in the node's network, what the daemon asks. The first line says that nobody answers yet, the second when it did. */
for (let asked = 0; !(await isReady()); asked += 1) {
  if (asked === 0) process.stdout.write("silent\n");
  await pause(PACE_MS);
}
process.stdout.write(`${nowMs()}\n`);
process.exit();
