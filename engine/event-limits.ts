/** Limits of an event's size (delivery, "Hostile events"): a deep or wide event must not cost more than its share. */

import type { Value, ValueObject } from "../base/value.ts";
import type { EngineLimits } from "./options.ts";
import type { RejectReason } from "./status.ts";

/** The limit that an event's data breaks, or null. Stops at the first; depth is bounded by the limit itself. */
export function brokenLimit(data: Value, bytes: number, limits: EngineLimits): RejectReason | null {
  if (bytes > limits.eventBytes) return "too large";
  const left = countFields(data, limits.eventDepth, limits.eventFields);
  if (left === TOO_DEEP) return "too deep";
  return left < 0 ? "too many fields" : null;
}

const TOO_DEEP = Number.NEGATIVE_INFINITY;

/** How many fields of `left` are left after the value's own; negative where there are too many. */
function countFields(value: Value, depth: number, left: number): number {
  if (typeof value !== "object" || value === null) return left;
  if (depth === 0) return TOO_DEEP;
  let rest = left;
  if (Array.isArray(value)) {
    for (const item of value as readonly Value[]) rest = countFields(item, depth - 1, rest);
    return rest;
  }
  // The order of names does not matter: they are only counted. Parsed JSON inherits no enumerable property.
  for (const name in value) {
    const item = (value as ValueObject)[name];
    rest--;
    if (typeof item === "object" && item !== null) rest = countFields(item, depth - 1, rest);
    if (rest < 0) return rest;
  }
  return rest;
}
