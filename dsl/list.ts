/** Lists with literal items (D-3): their values, and their use as values. */

import type { Span } from "../base/diagnostic.ts";
import type { Value } from "../base/value.ts";
import type * as ast from "./ast.ts";
import { constant, typeOfValue } from "./constant.ts";
import type { DeclarationOf } from "./declarations.ts";
import { type Checking, EMPTY_SCOPE, POISONED, type Typed } from "./scope.ts";

/** The items of a literal list; null, after errors, where one is not constant. */
export function listItems(items: readonly ast.Expr[], checking: Checking): readonly Value[] | null {
  const values = items.map((item) => constant(item, EMPTY_SCOPE, checking));
  const good = values.flatMap((value) => (value === null ? [] : [value.value]));
  return good.length === values.length ? good : null;
}

/** A list by its name as a value, other than behind `in`: a literal one stands for its items. */
export function literalList(
  declaration: DeclarationOf<"list">,
  use: Span,
  checking: Checking,
): Typed {
  if (declaration.from.kind !== "items") {
    checking.report.error(
      "E0207",
      use,
      `the list \`${declaration.name.text}\` can only stand behind \`in\``,
      {
        label: "its items are not known yet",
        notes: ["it is read from outside and changes while rules run; only `x in NAME` can ask it"],
      },
    );
    return POISONED;
  }
  const value = listItems(declaration.from.items, checking);
  if (value === null) return POISONED;
  return { expr: { kind: "const", value }, type: typeOfValue(value) };
}
