/** `each`, `prev` and `having` of a step: what they need, and how to repair a step that lacks it (M-9). */

import type { Fix } from "../base/diagnostic.ts";
import type { Step, TakingElement } from "./ast.ts";
import { stepName } from "./labels.ts";
import { isLoop } from "./quantity.ts";
import type { Reporter } from "./report.ts";
import type { Scope } from "./scope.ts";

/** Why `prev` has no meaning in the step's `where`, with the repair. */
export function prevRefusal(element: TakingElement, step: Step, report: Reporter): Scope["prev"] {
  if (isLoop(element.quantity)) {
    return {
      refusal: "in `where` the first event has none before it",
      fix: step.each === null ? asEach(step, "", report) : null,
    };
  }
  const refusal = `\`${stepName(element)}\` takes one event, so there is none before it`;
  return { refusal, fix: element.quantity === null ? asEach(step, "2+ ", report) : null };
}

/** The step with its condition after `each` instead of `where`. */
function asEach(step: Step, count: string, report: Reporter): Fix | null {
  if (step.where === null) return null;
  const { file, start } = step.sources.span;
  const head = report
    .source(file, start, step.where.span.start)
    .replace(/where(\s*\(*\s*)$/, "each$1");
  const rest = report.text(step.where.span);
  const text = `${count}${head}`;
  return { title: `\`${text}${rest}\``, span: { file, start, end: step.where.span.start }, text };
}

/** Reports `each` and `having` on a step that takes one event (E0311). */
export function checkEach(element: TakingElement, step: Step, report: Reporter): void {
  if (isLoop(element.quantity)) return;
  const { file, start } = step.sources.span;
  const fix: Fix | null =
    element.quantity === null
      ? { title: "take two or more events: `2+`", span: { file, start, end: start }, text: "2+ " }
      : null;
  if (step.each !== null) {
    report.error("E0311", step.each.span, "`each` needs a repeated step", {
      label: `\`${stepName(element)}\` takes one event`,
      notes: [
        "`each` is judged for the second and later events of a loop; `where` for every event",
      ],
      fix,
    });
  }
  if (step.having !== null) {
    report.error("E0311", step.having.span, "`having` needs a repeated step", {
      label: `\`${stepName(element)}\` takes one event`,
      notes: ["`having` judges the events of a loop together; `where` judges one event"],
      fix,
    });
  }
}
