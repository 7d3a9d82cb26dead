/** Heap in use after a collection, in bytes. */
export const heapBytes = (): number => {
  if (globalThis.gc === undefined) throw new Error("run node with --expose-gc");
  globalThis.gc();
  return process.memoryUsage().heapUsed;
};
