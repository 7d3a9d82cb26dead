/** Milliseconds of CLOCK_MONOTONIC, the same clock for every process and namespace of this machine. */
export const nowMs = (): number => Number(process.hrtime.bigint()) / 1e6;
