/**
 * The clock as an argument: what reads time or waits takes a `Clock`, so that tests and the simulator can give another
 * one. Whoever waits on anything else than this clock, the connection to NATS or the disk is not simulated.
 */

export interface Clock {
  /** Wall clock, whole milliseconds since 1970. May step back and forth: never take differences of it. */
  nowMs(): number;
  /** Milliseconds, with fractions, since an unknown start. Never steps back. */
  monotonicMs(): number;
  /** Calls back once, after so many milliseconds; gives the function that takes the call back. */
  after(durationMs: number, callback: () => void): () => void;
  /** Calls back in the next turn of the event loop: what has come in meanwhile is served first. */
  nextTurn(callback: () => void): void;
}

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  after(durationMs, callback) {
    const timer = setTimeout(callback, durationMs);
    return () => clearTimeout(timer);
  },
  nextTurn: (callback) => void setImmediate(callback),
};

/** Resolves after so many milliseconds. Rejects with the signal's reason once it aborts. */
export async function pause(clock: Clock, durationMs: number, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted();
  await new Promise<void>((resolve, reject) => {
    const onAbort = (): void => {
      cancel();
      reject(signal?.reason);
    };
    const cancel = clock.after(durationMs, () => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    });
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}
