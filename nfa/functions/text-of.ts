/** Values as text: `to_text`, `concat`, `join`, titles. */

import { stringifyJson } from "../../base/json.ts";
import type { Value } from "../../base/value.ts";

/** Greatest result of a text function in UTF-16 units: above it, null. A few nested `replace` could fill the memory. */
export const TEXT_LIMIT = 1 << 20;

/** The text, or null where it is longer than the limit. */
export function limited(text: string): string | null {
  return text.length > TEXT_LIMIT ? null : text;
}

/** Texts as they are, null as `null`, lists and objects as JSON without white space, names in the order of the event. */
export function textOf(value: Value): string {
  return typeof value === "string" ? value : stringifyJson(value);
}
