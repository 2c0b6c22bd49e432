/** Outputs decided since the last commit, handed out in the order in which the outbox numbers them. */

import { compareOutputs, type Output } from "./outputs.ts";

export class OutputQueue {
  #outputs: Output[] = [];

  push(output: Output): void {
    this.#outputs.push(output);
  }

  /** All of them, sorted; the queue is empty then. */
  take(): readonly Output[] {
    const outputs = this.#outputs;
    this.#outputs = [];
    return outputs.length > 1 ? outputs.sort(compareOutputs) : outputs;
  }
}
