/** May a part of a pattern match without taking an event? (M-10) */

import type { Element, Sequence } from "./ast.ts";
import { mayBeEmpty } from "./quantity.ts";

export function elementMayBeEmpty(element: Element): boolean {
  if (element.kind === "no" || mayBeEmpty(element.quantity)) return true;
  const { body } = element;
  switch (body.kind) {
    case "step":
      return false;
    case "group":
      return sequenceMayBeEmpty(body.sequence);
    case "either":
      return body.alternatives.some(sequenceMayBeEmpty);
    case "all of":
      return body.parts.every(sequenceMayBeEmpty);
  }
}

export function sequenceMayBeEmpty(sequence: Sequence): boolean {
  return sequence.elements.every(({ element }) => elementMayBeEmpty(element));
}
