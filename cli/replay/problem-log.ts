/**
 * Lines and events that could not be taken: counted by file and reason, and the first of each reported with their
 * place, as `FILE:LINE: reason`, lines counted from 1.
 */

import type { ConsoleOutput } from "../console-output.ts";

/** So many of each file and reason are shown. */
const SHOWN = 3;

interface Tally {
  readonly file: string;
  readonly reason: string;
  count: number;
}

export class ProblemLog {
  readonly #output: ConsoleOutput;
  readonly #tallies = new Map<string, Tally>();

  constructor(output: ConsoleOutput) {
    this.#output = output;
  }

  /** `line` counts from 1; `detail` says more, or is "". */
  add(file: string, line: number, index: number, reason: string, detail: string): void {
    const key = `${reason}\n${file}`;
    const tally = this.#tallies.get(key) ?? { file, reason, count: 0 };
    this.#tallies.set(key, tally);
    if (++tally.count > SHOWN) return;
    const place = index === 0 ? `${file}:${line}` : `${file}:${line}[${index}]`;
    this.#output.err(`sequitur: ${place}: ${reason}${detail === "" ? "" : `: ${detail}`}`);
  }

  /** Tells how many there were, where not all were shown. */
  summarize(): void {
    for (const { file, reason, count } of this.#tallies.values()) {
      if (count > SHOWN) this.#output.err(`sequitur: ${file}: ${count} times: ${reason}`);
    }
  }

  /** How many there were for each reason, over all files, in the order in which reasons first came. */
  counts(): ReadonlyMap<string, number> {
    const counts = new Map<string, number>();
    for (const { reason, count } of this.#tallies.values()) {
      counts.set(reason, (counts.get(reason) ?? 0) + count);
    }
    return counts;
  }
}
