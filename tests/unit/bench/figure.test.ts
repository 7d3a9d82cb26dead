import test from "ava";
import { middle } from "../../bench/figure.ts";

test("the middle of a run is the mean without its lowest and highest quarter", (t) => {
  t.is(middle([500, 16, 20, 16, 1, 20, 20, 900]), 19);
  t.is(middle([7]), 7);
  t.is(middle([3, 1]), 2);
});
