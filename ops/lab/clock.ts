/**
 * The one clock of all measurements: wall clock in milliseconds with fractions, from a base that was read once, so a
 * step of the system's clock cannot fall between two readings.
 */
export const wallClock = (): number => performance.timeOrigin + performance.now();
