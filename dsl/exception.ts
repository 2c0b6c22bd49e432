/** Exceptions (D-5), as far as they can be checked without a place in the plan: their rule, step and date. */

import { type DeclarationOf, isBroken, suggestion } from "./declarations.ts";
import { stepName } from "./labels.ts";
import type { Checking } from "./scope.ts";
import { refuse } from "./supported.ts";
import { parseTime } from "./zone.ts";

export function checkException(exception: DeclarationOf<"exception">, checking: Checking): void {
  const { report, declarations, refusals } = checking;
  refuse(report, refusals, "exception", {
    ...exception.span,
    end: exception.span.start + "exception".length,
  });
  const { until } = exception;
  if (until !== null && parseTime(until.value, null, null) === null) {
    report.error("E0507", until.span, `\`${until.value}\` is no date`, {
      label: 'such as "2025-12-31"',
    });
  }
  const rule = declarations.rules.find((candidate) => candidate.name.text === exception.rule.text);
  if (rule === undefined) {
    if (isBroken(declarations, exception.rule.text)) return;
    const names = declarations.rules.map((candidate) => candidate.name.text);
    const remark = suggestion(exception.rule, names, "rules");
    report.error(
      "E0203",
      exception.rule.span,
      `there is no rule \`${exception.rule.text}\``,
      remark,
    );
    return;
  }
  const { step } = exception;
  if (step === null || rule.body?.kind !== "match") return;
  const names = rule.body.sequence.elements.flatMap(({ element }) =>
    element.kind === "take" && element.body.kind === "step" ? [stepName(element)] : [],
  );
  if (names.includes(step.text)) return;
  const remark = suggestion(step, names, "steps");
  report.error("E0203", step.span, `the rule has no step \`${step.text}\``, remark);
}
