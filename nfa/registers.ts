/** Registers of a partial match: what its place in the pattern does not say. Values are replaced, never changed. */

import type { Guard, Update } from "./program.ts";

/** Do all guards hold? */
export function guardsHold(guards: readonly Guard[], registers: readonly number[]): boolean {
  for (const guard of guards) {
    const value = registers[guard.register] as number;
    switch (guard.kind) {
      case "at least":
        if (value < guard.count) return false;
        break;
      case "below":
        if (value >= guard.count) return false;
        break;
      case "all set":
        if ((value & guard.mask) !== guard.mask) return false;
        break;
      case "none set":
        if ((value & guard.mask) !== 0) return false;
        break;
    }
  }
  return true;
}

/** The registers after an event of time `nowMs`; the event before it was at `beforeMs`. */
export function updated(
  registers: readonly number[],
  updates: readonly Update[],
  beforeMs: number,
  nowMs: number,
): readonly number[] {
  if (updates.length === 0) return registers;
  const next = registers.slice();
  for (const update of updates) {
    const value = next[update.register] as number;
    next[update.register] = valueAfter(update, value, beforeMs, nowMs);
  }
  return next;
}

function valueAfter(update: Update, value: number, beforeMs: number, nowMs: number): number {
  switch (update.kind) {
    case "set":
      return update.value;
    case "add":
      return value + update.value;
    case "set bits":
      return value | update.mask;
    case "clear bits":
      return value & ~update.mask;
    case "time before":
      return beforeMs;
    case "time now":
      return nowMs;
  }
}

/** The registers with bits of one of them set. */
export function withBits(
  registers: readonly number[],
  register: number,
  mask: number,
): readonly number[] {
  const next = registers.slice();
  next[register] = (next[register] as number) | mask;
  return next;
}
