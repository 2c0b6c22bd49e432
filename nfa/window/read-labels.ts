/** Which events of a window must be kept one by one. */

import type { Expr } from "../../dsl/expr.ts";
import { readsLabels } from "../expression/analysis.ts";
import type { LiftedRule } from "./lift-aggregates.ts";

/** Labels whose events are read one by one by what is left once aggregates are lifted. */
export function readLabels({ rule }: LiftedRule): ReadonlySet<number> {
  const { body, alert, once, exceptions } = rule;
  const exprs: Expr[] = [
    ...alert.title.filter((part) => typeof part !== "string"),
    ...(alert.data ?? []).map(({ value }) => value),
    ...(once?.per ?? []),
    ...exceptions.filter(({ label }) => label === null).map(({ where }) => where),
  ];
  if (body.kind === "window") exprs.push(body.having);
  return new Set(exprs.flatMap((expr) => [...readsLabels(expr)]));
}
