/** What the heap holds once all that is dead was collected. */

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** Collects, and gives the bytes in use. */
export function heapAfterCollection(): number {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  collect();
  return process.memoryUsage().heapUsed;
}
