/**
 * What an event alone tells of a rule's coverage: which entry of a window takes it, whether an `expect` hears of it, and
 * which exception bars it from a step that it fits as far as the event tells.
 */

import type { EventRecord } from "../../base/event.ts";
import type { Expr } from "../../dsl/expr.ts";
import type { RulePlan, SequencePlan, SourcePlan, StepPlan } from "../../dsl/plan.ts";
import { bodiesOf } from "../../dsl/plan-walk.ts";
import { conjunction } from "../../nfa/build.ts";
import {
  compileEventCondition,
  isEventOnly,
  splitConjunction,
} from "../../nfa/expression/compiled.ts";
import type { DataSource } from "../../nfa/history.ts";
import { Router } from "../../nfa/routing.ts";
import type { Reach } from "./pattern-probes.ts";
import type { SiteKind } from "./rule-sites.ts";
import { type Barred, barredFrom } from "./step-exceptions.ts";

const PLAIN = { codegen: false, memo: null };

interface Probe {
  readonly object: object;
  readonly kind: SiteKind;
  /** Any of these sources under its condition. */
  readonly sources: readonly { readonly source: number; readonly condition: Expr | null }[];
}

/** Called with each event that the rule is offered. */
export function eventProbes(
  rule: RulePlan,
  data: DataSource,
  reach: Reach,
): (event: EventRecord) => void {
  const { plans, probes } = probesOf(rule);
  const routed = probes.map(({ object, kind, sources }) => {
    const leaf = {
      bit: 1,
      sources: sources.map(({ source, condition }) => {
        const all = conjunction(plans[source]?.filter ?? null, condition);
        return { source, admits: all === null ? null : compileEventCondition(all, data, PLAIN) };
      }),
    };
    return { object, kind, router: new Router(plans, [leaf], false, data, PLAIN) };
  });
  return (event) => {
    for (const { object, kind, router } of routed)
      router.route(event, () => reach(object, kind, null));
  };
}

function probesOf(rule: RulePlan): {
  readonly plans: readonly SourcePlan[];
  readonly probes: readonly Probe[];
} {
  const { body } = rule;
  switch (body.kind) {
    case "match": {
      const probes = stepsIn(body.sequence).flatMap((step) =>
        barredFrom(step, rule).flatMap((barred) => barProbe(barred, step.sources)),
      );
      return { plans: body.sources, probes };
    }
    case "window": {
      const probes = body.over.flatMap((entry): readonly Probe[] => {
        const { source, where: condition } = entry;
        return [
          { object: entry, kind: "taken", sources: [{ source, condition }] },
          ...barredFrom(entry, rule).flatMap((barred) => barProbe(barred, [source])),
        ];
      });
      return { plans: body.sources, probes };
    }
    case "expect": {
      const sources = [{ source: 0, condition: body.where }];
      return { plans: [body.source], probes: [{ object: body, kind: "taken", sources }] };
    }
  }
}

/** Nothing where the exception reads more than the event. */
function barProbe({ exception, fits, rest }: Barred, sources: readonly number[]): readonly Probe[] {
  if (!isEventOnly(fits)) return [];
  const condition = conjunction(rest === null ? null : splitConjunction(rest).eventOnly, fits);
  return [
    {
      object: exception,
      kind: "exception",
      sources: sources.map((source) => ({ source, condition })),
    },
  ];
}

function stepsIn(sequence: SequencePlan): StepPlan[] {
  return sequence.items.flatMap(({ element }): StepPlan[] => {
    if (element.kind === "no") return [];
    return element.kind === "step" ? [element] : bodiesOf(element).flatMap(stepsIn);
  });
}
