/** Heap in use after a collection, in bytes; what the first one has only unlinked, weak references and code, goes with a second. */
export const heapBytes = (): number => {
  if (globalThis.gc === undefined) throw new Error("run node with --expose-gc");
  globalThis.gc();
  globalThis.gc();
  return process.memoryUsage().heapUsed;
};
