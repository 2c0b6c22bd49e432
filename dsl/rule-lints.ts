/** What the linter says of whole rules: one that another repeats, and a stable one that nothing tests. */

import type { Value } from "../base/value.ts";
import type { RuleFile } from "./ast.ts";
import { canonicalText } from "./canonical.ts";
import type { DeclarationOf, Declarations } from "./declarations.ts";
import type { Expr } from "./expr.ts";
import type { RulePlan } from "./plan.ts";
import type { Reporter } from "./report.ts";

type Rule = DeclarationOf<"rule">;

/** `plans`: those of the rules that have one. They mean nothing after an error, and then nothing is said. */
export function lintRules(
  declarations: Declarations,
  files: readonly RuleFile[],
  plans: readonly RulePlan[],
  report: Reporter,
): void {
  if (report.failed) return;
  const byName = new Map(plans.map((plan) => [plan.name, plan]));
  // Most rules differ at first sight, and the whole text of a plan is long.
  const alikeAtSight = new Map<string, Rule[]>();
  for (const rule of declarations.rules) {
    const plan = byName.get(rule.name.text);
    if (plan === undefined) continue;
    const sight = sightOf(plan);
    const before = alikeAtSight.get(sight);
    if (before === undefined) alikeAtSight.set(sight, [rule]);
    else before.push(rule);
  }
  for (const rules of alikeAtSight.values()) {
    if (rules.length > 1) lintRepeated(rules, byName, report);
  }
  warnUntested(declarations, files, report);
}

function lintRepeated(
  rules: readonly Rule[],
  byName: ReadonlyMap<string, RulePlan>,
  report: Reporter,
): void {
  const known = new Map<string, Rule>();
  for (const rule of rules) {
    const plan = byName.get(rule.name.text);
    if (plan === undefined) continue;
    const meaning = meaningOf(plan);
    const before = known.get(meaning);
    if (before === undefined) known.set(meaning, rule);
    else warnRepeated(rule, before, report);
  }
}

/** Something short that rules of the same meaning have in common. */
function sightOf({ streams, keys, body }: RulePlan): string {
  const { kind } = body;
  const size =
    kind === "match"
      ? `${body.mode} ${body.withinMs} ${body.labels.length}`
      : kind === "expect"
        ? `${body.everyMs}`
        : `${body.labels.length}`;
  return `${kind} ${size} ${keys.length} ${streams.join(" ")} ${sketchOf(firstCondition(body))}`;
}

function firstCondition(body: RulePlan["body"]): Expr | null {
  if (body.kind === "expect") return body.where;
  if (body.kind === "window") return body.over[0]?.where ?? null;
  const [first] = body.sequence.items;
  return first?.element.kind === "step" ? first.element.where : null;
}

/** A condition's tests and the beginnings of their constants: in a set of thousands hardly two are the same. */
function sketchOf(expr: Expr | null): string {
  switch (expr?.kind) {
    case "and":
    case "or":
      return `${expr.kind}(${expr.operands.map(sketchOf).join(" ")})`;
    case "compare":
    case "same text":
    case "text test":
      return `${sketchOf(expr.left)} ${expr.kind} ${sketchOf(expr.right)}`;
    case "in":
      return `${sketchOf(expr.item)} in ${sketchOf(expr.list)}`;
    case "field":
      return expr.path.join(".");
    case "const":
      return startOf(expr.value);
    default:
      return expr?.kind ?? "";
  }
}

function startOf(value: Value): string {
  if (Array.isArray(value)) return `${value.length} ${startOf((value[0] ?? null) as Value)}`;
  return typeof value === "object" ? "object" : String(value);
}

/** What a rule detects, whatever it is called and says. */
function meaningOf({ keys, body, timeout, recovered, once, limits, exceptions }: RulePlan): string {
  const nullable = keys.map((key) => key.nullable);
  const alerts = [timeout === null ? null : timeout.after, recovered !== null];
  const nameless = body.kind === "expect" ? body : { ...body, labels: body.labels.length };
  return canonicalText({ nullable, body: nameless, alerts, once, limits, exceptions });
}

function warnRepeated(rule: Rule, before: Rule, report: Reporter): void {
  const { span } = before.name;
  report.warning("W0504", rule.name.span, `this rule detects what \`${before.name.text}\` does`, {
    label: "the same again",
    notes: [`the other one is at ${span.file}:${report.line(span)}`],
  });
}

function warnUntested(
  declarations: Declarations,
  files: readonly RuleFile[],
  report: Reporter,
): void {
  const tested = new Set(declarations.tests.map((test) => test.rule?.text));
  /** A test without `for` is about all rules of its file. */
  const testedFiles = new Set(
    files.flatMap(({ file, declarations: own }) =>
      own.some((one) => one.kind === "test" && one.rule === null) ? [file] : [],
    ),
  );
  for (const rule of declarations.rules) {
    const status = rule.metadata.find(({ name }) => name.text === "status");
    const [value] = status?.values ?? [];
    if (value === undefined || value.text !== "stable") continue;
    if (tested.has(rule.name.text) || testedFiles.has(rule.span.file)) continue;
    report.warning("W0505", value.span, "a stable rule without a test", {
      label: `nothing tests \`${rule.name.text}\``,
      notes: [`\`test "…" for ${rule.name.text} { 0s …  expect alert }\` would be one`],
    });
  }
}
