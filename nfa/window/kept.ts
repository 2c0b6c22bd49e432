/**
 * What the windows of a rule keep, by names: the columns of its own aggregates, and the labels of which all events are
 * kept because an expression reads them one by one. What only an exception reads begins with the exception.
 */

import type { RulePlan } from "../../dsl/plan.ts";
import { columnOf, labelColumn } from "./columns.ts";
import { liftAggregates } from "./lift-aggregates.ts";
import { readLabels } from "./read-labels.ts";

/** Names of what the rule itself keeps and reads. Empty for another rule than a window. */
export function keptColumns(rule: RulePlan): readonly string[] {
  const own: RulePlan = { ...rule, exceptions: [] };
  const lifted = liftAggregates(own);
  const labels = rule.body.kind === "window" ? rule.body.labels : [];
  const counted = labels.map((_, label) => labelColumn(label).name);
  const columns = lifted.aggregates.map((aggregate) => columnOf(aggregate).name);
  return [...counted, ...columns, ...[...readLabels(lifted)].map((label) => `events of ${label}`)];
}
