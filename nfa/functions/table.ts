/** All functions of the catalogue (dsl/catalogue.ts) that an `Expr` of kind "call" names. */

import { assert } from "../../base/assert.ts";
import { CALENDAR_FUNCTIONS } from "./calendar.ts";
import { CONVERSION_FUNCTIONS } from "./conversion.ts";
import type { ValueFunction } from "./function.ts";
import { MATHS_FUNCTIONS } from "./maths.ts";
import { MEASURE_FUNCTIONS } from "./measures.ts";
import { NETWORK_FUNCTIONS } from "./network.ts";
import { TEXT_FUNCTIONS } from "./text.ts";

const ALL: ReadonlyMap<string, ValueFunction> = new Map([
  ...TEXT_FUNCTIONS,
  ...MATHS_FUNCTIONS,
  ...CALENDAR_FUNCTIONS,
  ...NETWORK_FUNCTIONS,
  ...MEASURE_FUNCTIONS,
  ...CONVERSION_FUNCTIONS,
]);

/** The names, in no stated order. */
export const FUNCTION_NAMES: readonly string[] = [...ALL.keys()];

/** The function of this name; the checker lets no other past. */
export function functionOf(name: string): ValueFunction {
  const found = ALL.get(name);
  assert(found !== undefined, "every function of a checked expression exists");
  return found;
}
