/** Conditions under three-valued logic. Only a condition that is true lets an event pass. */

import type { EventRecord } from "../../base/event.ts";
import { compare, equals, property, type Tri, type Value } from "../../base/value.ts";
import type { Condition, Operator, Term } from "./pattern.ts";

/** What a condition sees. */
export interface Scope {
  /** The event at hand; null where there is none (`having`). */
  readonly event: EventRecord | null;
  /** The loop's event before, in `each`. */
  readonly prev: EventRecord | null;
  /** The events given so far, with the label of the step that has each (M-9). */
  readonly given: readonly { readonly label: string; readonly event: EventRecord }[];
}

/** Is the condition true? A missing condition is. */
export function isTrue(condition: Condition | null, scope: Scope): boolean {
  return condition === null || judge(condition, scope) === true;
}

/** Three-valued; null is unknown. */
export function judge(condition: Condition, scope: Scope): Tri {
  switch (condition.kind) {
    case "compare":
      return relate(
        condition.operator,
        valueOfTerm(condition.left, scope),
        valueOfTerm(condition.right, scope),
      );
    case "not":
      return negate(judge(condition.part, scope));
    case "and": {
      const parts = condition.parts.map((part) => judge(part, scope));
      return parts.includes(false) ? false : parts.includes(null) ? null : true;
    }
    case "or": {
      const parts = condition.parts.map((part) => judge(part, scope));
      return parts.includes(true) ? true : parts.includes(null) ? null : false;
    }
  }
}

function negate(value: Tri): Tri {
  return value === null ? null : !value;
}

function relate(operator: Operator, left: Value, right: Value): Tri {
  if (operator === "==") return equals(left, right);
  if (operator === "!=") return negate(equals(left, right));
  const order = compare(left, right);
  if (order === null) return null;
  switch (operator) {
    case "<":
      return order < 0;
    case "<=":
      return order <= 0;
    case ">":
      return order > 0;
    case ">=":
      return order >= 0;
  }
}

function fieldOf(event: EventRecord | null | undefined, field: string): Value {
  return event ? property(event.data, field) : null;
}

function valueOfTerm(term: Term, scope: Scope): Value {
  switch (term.kind) {
    case "constant":
      return term.value;
    case "field":
      return fieldOf(scope.event, term.field);
    case "prev":
      return fieldOf(scope.prev, term.field);
    case "step":
    case "last":
      return fieldOf(eventsOf(scope, term.step).at(-1), term.field);
    case "first":
      return fieldOf(eventsOf(scope, term.step)[0], term.field);
    case "count":
      return eventsOf(scope, term.step).length;
    case "sum":
      // nulls are left out, and the sum of nothing is 0.
      return eventsOf(scope, term.step)
        .map((event) => fieldOf(event, term.field))
        .reduce<number>((sum, value) => sum + (typeof value === "number" ? value : 0), 0);
  }
}

function eventsOf(scope: Scope, label: string): EventRecord[] {
  return scope.given.filter((given) => given.label === label).map((given) => given.event);
}
