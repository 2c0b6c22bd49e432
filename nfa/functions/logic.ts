/** SQL's three-valued logic: null is unknown, and so is every value that is no truth value. */

import type { Tri, Value } from "../../base/value.ts";

/** True where it was false, false where it was true, else unknown. */
export function not(value: Value): Tri {
  return typeof value === "boolean" ? !value : null;
}

/**
 * `or` over the items with `decisive` true, `and` with false: decisive where an item is judged so, else unknown where
 * one is unknown, else the opposite. Stops at the first decisive item.
 */
export function junction<Item>(
  decisive: boolean,
  items: readonly Item[],
  judge: (item: Item) => Value,
): Tri {
  let result: Tri = !decisive;
  for (const item of items) {
    const found = judge(item);
    if (found === decisive) return decisive;
    if (found !== !decisive) result = null;
  }
  return result;
}
