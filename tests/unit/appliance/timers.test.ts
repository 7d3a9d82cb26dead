import test from "ava";
import fc from "fast-check";
import { timersProblem } from "../../../appliance/timers.ts";
import { timersProblem as timersProblemOfCore } from "../../../ha/core/settings.ts";
import { millis } from "../../../ha/core/time.ts";

test("the configuration and the core judge the timers by one rule", (t) => {
  const ms = fc.integer({ min: 1, max: 500 }).map(millis);
  fc.assert(
    fc.property(
      fc.record({ yieldMs: ms, releaseMaxMs: ms, heartbeatMs: ms, tickMs: ms, deadMs: ms }),
      (timers) => {
        t.is(timersProblem(timers), timersProblemOfCore(timers));
      },
    ),
  );
});
