/** The clock as an argument: what reads time takes a `Clock`, so that tests and the simulator can give another. */

export interface Clock {
  /** Wall clock, whole milliseconds since 1970. May step back and forth: never take differences of it. */
  nowMs(): number;
  /** Milliseconds, with fractions, since an unknown start. Never steps back. */
  monotonicMs(): number;
}

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
};
