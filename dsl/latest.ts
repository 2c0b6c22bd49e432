/** What `match latest` does not have (M-14): its elements are steps with fixed counts and `no`, linked by `then`. */

import type { Span } from "../base/diagnostic.ts";
import type { MatchBody, TakingElement } from "./ast.ts";
import type { MatchClauses } from "./match.ts";
import type { Checking } from "./scope.ts";

/** Reports E0317 for each construct of the body that `match latest` does not have. */
export function refuseUnderLatest(
  body: MatchBody,
  clauses: MatchClauses,
  checking: Checking,
): void {
  const refused: { readonly what: string; readonly span: Span }[] = [];
  for (const { link, element } of body.sequence.elements) {
    if (link !== null && link.kind !== "then")
      refused.push({ what: `\`${link.kind}\``, span: link.span });
    if (element.kind === "take") refused.push(...refusedOf(element));
  }
  if (clauses.skip !== null) refused.push({ what: "`skip`", span: clauses.skip.span });
  for (const { what, span } of refused) {
    checking.report.error("E0317", span, `\`match latest\` does not have ${what}`, {
      label: "not here",
      notes: [
        "it keeps one partial match for each step: steps with a fixed count, and `no`, linked by `then`",
      ],
    });
  }
}

function refusedOf(element: TakingElement): readonly { what: string; span: Span }[] {
  const { quantity, body, until } = element;
  if (body.kind !== "step") return [{ what: "braces", span: body.span }];
  const refused: { what: string; span: Span }[] = [];
  const count = quantity?.count ?? null;
  if (quantity !== null && (quantity.optional || (count !== null && count.min !== count.max))) {
    refused.push({ what: "open counts or `optional`", span: quantity.span });
  } else if (quantity !== null && (quantity.contiguity !== null || quantity.preference !== null)) {
    refused.push({ what: "modifiers of loops", span: quantity.span });
  }
  if (until !== null) refused.push({ what: "`until` on a step", span: until.span });
  return refused;
}
