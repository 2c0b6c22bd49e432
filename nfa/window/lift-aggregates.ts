/**
 * Takes the aggregates out of a window rule's expressions, so that the matcher can keep each up to date as events come
 * and go. What is left reads the results as values behind the key parts.
 *
 * Invariants
 *  L1  The same rule gives the same order of aggregates: the matcher and the maker of alerts lift each for itself.
 *  L2  Aggregates of the rule itself come before those that only its exceptions have: the former follow from the rule's
 *      version, the latter do not.
 *  L3  An aggregate stays where it is if its values depend on more than each event: on a lambda's variable, on other
 *      events or on the key. It is then computed from the window's events.
 */

import { canonicalText } from "../../dsl/canonical.ts";
import type { Expr, Template } from "../../dsl/expr.ts";
import type { AlertPlan, RulePlan } from "../../dsl/plan.ts";
import { isEventOnly } from "../expression/analysis.ts";
import { withParts } from "../expression/rewrite.ts";

export type AggregateExpr = Expr & { kind: "aggregate" };

export interface LiftedRule {
  readonly rule: RulePlan;
  readonly aggregates: readonly AggregateExpr[];
  /** So many of them, from the first, are read by the window's `having`. */
  readonly judged: number;
}

/** The rule with its aggregates lifted; another rule than a window stays as it is. */
export function liftAggregates(rule: RulePlan): LiftedRule {
  const { body } = rule;
  if (body.kind !== "window") return { rule, aggregates: [], judged: 0 };
  const lifting = new Lifting(rule.keys.length);
  const having = lifting.lift(body.having);
  const judged = lifting.aggregates.length;
  const alert = lifting.alert(rule.alert);
  const once = rule.once && { ...rule.once, per: rule.once.per.map(lifting.lift) };
  const exceptions = rule.exceptions.map((exception) =>
    exception.label === null ? { ...exception, where: lifting.lift(exception.where) } : exception,
  );
  const lifted = { ...rule, body: { ...body, having }, alert, once, exceptions };
  return { rule: lifted, aggregates: lifting.aggregates, judged };
}

class Lifting {
  readonly aggregates: AggregateExpr[] = [];
  readonly #keys: number;
  readonly #known = new Map<string, Expr>();

  constructor(keys: number) {
    this.#keys = keys;
  }

  readonly lift = (expr: Expr): Expr => {
    if (expr.kind === "aggregate" && isLiftable(expr)) return this.#taken(expr);
    // The variable of a lambda has no value outside of it.
    if (expr.kind === "lambda") return { ...expr, list: this.lift(expr.list) };
    return withParts(expr, this.lift);
  };

  #taken(expr: AggregateExpr): Expr {
    const text = canonicalText(expr);
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    const index = this.#keys + this.aggregates.length;
    const value: Expr = { kind: "key", index, standsFor: expr };
    this.#known.set(text, value);
    this.aggregates.push(expr);
    return value;
  }

  alert(plan: AlertPlan): AlertPlan {
    const title: Template = plan.title.map((part) =>
      typeof part === "string" ? part : this.lift(part),
    );
    const data = plan.data?.map(({ name, value }) => ({ name, value: this.lift(value) })) ?? null;
    return { ...plan, title, data };
  }
}

function isLiftable(expr: AggregateExpr): boolean {
  return (
    expr.inputs.every(({ value }) => value === null || isEventOnly(value)) &&
    (expr.parameter === null || expr.parameter.kind === "const")
  );
}
