/** The thread that checks rule sets: see set-check.ts. One request at a time, one answer each. */

import { parentPort } from "node:worker_threads";
import { type CheckRequest, checkSet } from "./set-check.ts";

parentPort?.on("message", (request: CheckRequest) => {
  parentPort?.postMessage(checkSet(request));
});
