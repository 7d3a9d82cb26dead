import "../../../components/sbc/main.ts";
import { heapBytes } from "./heap.ts";

/** The B2BUA as its unit starts it, which also tells the bench its heap. */
process.on("message", () => process.send?.(heapBytes()));
