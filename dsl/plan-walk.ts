/** Walking the patterns of plans. */

import type { ElementPlan, SequencePlan } from "./plan.ts";

/** The sequences in an element's braces, in text order. */
export function bodiesOf(element: Exclude<ElementPlan, { kind: "no" }>): readonly SequencePlan[] {
  switch (element.kind) {
    case "step":
      return [];
    case "group":
      return [element.sequence];
    case "either":
      return element.alternatives;
    case "all of":
      return element.parts;
  }
}
