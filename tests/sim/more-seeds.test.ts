import test from "ava";
import { failuresOf } from "./seeds.ts";

const PATIENCE_MS = 600_000;

// In a file of its own, so that both cores of a small machine have work.
test("seeds 251 to 500: never two holders, never nobody for long, one active node in the end", async (t) => {
  t.timeout(PATIENCE_MS);
  t.deepEqual(await failuresOf(251, 500), []);
});
