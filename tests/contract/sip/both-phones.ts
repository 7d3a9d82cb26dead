import test from "ava";
import type { Lan } from "./line.ts";
import type { EngineNode } from "./node.ts";
import { openActiveNode } from "./wires.ts";

/** Before the tests of a file the node runs with the phones a and b, and after them it is gone. */
export const betweenBothPhones = (node: EngineNode, lan: Lan): void => {
  test.before(async () => {
    await openActiveNode(node);
    await lan.openBoth();
  });
  test.after.always(async () => {
    await lan.close();
    await node.remove();
  });
};
