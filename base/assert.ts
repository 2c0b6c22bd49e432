/** Broken invariants crash. Always on: a wrong state must never reach an alert or a checkpoint. */

/** Thrown when an invariant of the program does not hold: a bug of ours, never the user's fault. */
export class InvariantError extends Error {
  override readonly name = "InvariantError";
}

/** Crashes unless `condition` holds. `what` says what must hold, as a sentence without a verb of doubt. */
export function assert(condition: unknown, what: string): asserts condition {
  if (!condition) throw new InvariantError(what);
}

/** Marks a branch that the type system proves unreachable; use in the default of exhaustive switches. */
export function unreachable(value: never): never {
  throw new InvariantError(`unexpected variant: ${String((value as { kind?: unknown }).kind)}`);
}
