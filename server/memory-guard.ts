/**
 * Watches the memory of the process: at 85 % of what it may use intake pauses, at 95 % the process ends, behind a
 * commit, before the system ends it at some other place. Counts what belongs to the process alone: pages of the state
 * file that the system keeps in memory for it are given back when others need them.
 */

import { readFileSync } from "node:fs";
import { totalmem } from "node:os";
import { getHeapStatistics, setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { Clock } from "../io/clock.ts";

export type MemoryLevel = "fine" | "high" | "critical";

const HIGH = 0.85;
const CRITICAL = 0.95;
const LOOK_EVERY_MS = 250;
/** While memory is short, garbage is collected this often to see what is really in use. */
const COLLECT_EVERY_MS = 5000;

export interface MemoryReading {
  readonly usedBytes: number;
  readonly limitBytes: number;
}

export class MemoryGuard {
  readonly #clock: Clock;
  readonly #read: () => readonly MemoryReading[];
  readonly #collect: () => void;
  #level: MemoryLevel = "fine";
  #lookedMs = Number.NEGATIVE_INFINITY;
  #collectedMs = Number.NEGATIVE_INFINITY;

  /** `read` gives each kind of memory with its limit; `collect` frees what nobody refers to. */
  constructor(clock: Clock, read: () => readonly MemoryReading[], collect: () => void) {
    this.#clock = clock;
    this.#read = read;
    this.#collect = collect;
  }

  /** Looks at most every quarter of a second. */
  level(): MemoryLevel {
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - this.#lookedMs < LOOK_EVERY_MS) return this.#level;
    this.#lookedMs = nowMs;
    let share = this.#share();
    if (share >= HIGH && nowMs - this.#collectedMs >= COLLECT_EVERY_MS) {
      this.#collectedMs = nowMs;
      this.#collect();
      share = this.#share();
    }
    if (share < HIGH) this.#level = "fine";
    else this.#level = share < CRITICAL ? "high" : "critical";
    return this.#level;
  }

  /** Why intake pauses; null where it does not. */
  get trouble(): string | null {
    if (this.#level === "fine") return null;
    return `${Math.round(this.#share() * 100)} % of the memory is in use: intake pauses`;
  }

  #share(): number {
    return Math.max(...this.#read().map(({ usedBytes, limitBytes }) => usedBytes / limitBytes));
  }
}

/** The guard of this process. `limitBytes` null: what the container or the machine has. */
export function processMemoryGuard(clock: Clock, limitBytes: number | null): MemoryGuard {
  const limit = limitBytes ?? systemLimit();
  const read = (): readonly MemoryReading[] => {
    const { used_heap_size: heap, heap_size_limit: heapLimit } = getHeapStatistics();
    return [
      { usedBytes: ownBytes(), limitBytes: limit },
      { usedBytes: heap, limitBytes: heapLimit },
    ];
  };
  return new MemoryGuard(clock, read, collectGarbage);
}

function systemLimit(): number {
  const constrained = process.constrainedMemory() ?? 0;
  const total = totalmem();
  return constrained > 0 && constrained < total ? constrained : total;
}

/** Resident memory without mapped files where the system tells it apart (Linux: RssAnon). */
function ownBytes(): number {
  try {
    const kilobytes = /^RssAnon:\s+(\d+) kB/m.exec(
      readFileSync("/proc/self/status", "latin1"),
    )?.[1];
    if (kilobytes !== undefined) return Number(kilobytes) * 1024;
  } catch {
    // Other systems have no /proc.
  }
  return process.memoryUsage.rss();
}

function collectGarbage(): void {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  collect();
}
