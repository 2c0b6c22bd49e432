/**
 * Rules over the alerts of other rules (D-2): what their alerts look like as events, that no chain of rules leads back
 * to where it began, and versions that change with those of the rules below.
 */

import { sha256Hex } from "../base/hash.ts";
import type { DeclarationOf, Declarations } from "./declarations.ts";
import { shownName } from "./keys.ts";
import type { FieldTypePlan, RulePlan } from "./plan.ts";
import type { Reporter } from "./report.ts";
import type { Shape } from "./type.ts";

type Rule = DeclarationOf<"rule">;

const ANY: FieldTypePlan = { kind: "scalar", type: "any" };
const TEXT: FieldTypePlan = { kind: "scalar", type: "text" };

/** The fields of a rule's alerts: their data, which is the key by default, and `rule`, `severity`, `key`. */
export function alertShape(rule: Rule, report: Reporter): Shape {
  const keys = rule.body?.by?.keys.map((key) => shownName(key, report)) ?? [];
  const names = new Set(rule.clauses.some(({ kind }) => kind === "alert") ? [] : keys);
  for (const clause of rule.clauses) {
    if (!("alert" in clause)) continue;
    for (const name of clause.alert.data?.map((field) => field.name.text) ?? keys) names.add(name);
  }
  const own = ["rule", "severity", "key"];
  const fields = [
    ...[...names].filter((name) => !own.includes(name)).map((name) => ({ name, type: ANY })),
    { name: "rule", type: TEXT },
    { name: "severity", type: TEXT },
    { name: "key", type: ANY },
  ];
  return { owner: `an alert of \`${rule.name.text}\``, fields: { fields, open: false } };
}

/** Reports loops (E0211) and rules below that give no alerts; gives the plans with their versions. */
export function checkChains(
  declarations: Declarations,
  plans: readonly RulePlan[],
  report: Reporter,
): readonly RulePlan[] {
  const chains = new Chains(plans);
  if (chains.isEmpty) return plans;
  const rules = new Map(declarations.rules.map((rule) => [rule.name.text, rule]));
  for (const loop of chains.loops(rules.keys())) {
    const rule = rules.get(loop[0] ?? "");
    if (rule !== undefined) reportLoop(rule, loop, report);
  }
  for (const plan of plans) {
    const rule = rules.get(plan.name);
    for (const below of chains.below(plan.name)) {
      if (rule !== undefined) warnSilent(rule, plan, below, report);
    }
  }
  return report.failed ? plans : plans.map((plan) => ({ ...plan, version: chains.version(plan) }));
}

class Chains {
  /** The rules whose alerts a rule reads, by its name. */
  readonly #below: ReadonlyMap<string, readonly RulePlan[]>;
  readonly #versions = new Map<string, string>();

  constructor(plans: readonly RulePlan[]) {
    const byName = new Map(plans.map((plan) => [plan.name, plan]));
    this.#below = new Map(
      plans.map(({ name, streams }) => [name, streams.flatMap((one) => byName.get(one) ?? [])]),
    );
  }

  /** No rule reads another's alerts. */
  get isEmpty(): boolean {
    return [...this.#below.values()].every((below) => below.length === 0);
  }

  below(name: string): readonly RulePlan[] {
    return this.#below.get(name) ?? [];
  }

  /** Loops, each as the names of its rules in the order of reading: a walk in depth, linear in rules and readings. */
  loops(names: Iterable<string>): readonly (readonly string[])[] {
    const found: string[][] = [];
    const done = new Set<string>();
    for (const name of names) {
      /** The way from `name` to the rule at hand, and how many of each one's rules below were looked at. */
      const way: { readonly name: string; seen: number }[] = [{ name, seen: 0 }];
      for (let at = way.at(-1); at !== undefined; at = way.at(-1)) {
        const next = done.has(at.name) ? undefined : this.below(at.name)[at.seen++]?.name;
        if (next === undefined) {
          done.add(at.name);
          way.pop();
          continue;
        }
        const begin = way.findIndex((one) => one.name === next);
        if (begin < 0) way.push({ name: next, seen: 0 });
        else found.push(way.slice(begin).map((one) => one.name));
      }
    }
    return found;
  }

  /** The rule's own version, and those of the rules below: their alerts are its events. */
  version(plan: RulePlan): string {
    const known = this.#versions.get(plan.name);
    if (known !== undefined) return known;
    const below = this.below(plan.name).map((one) => `${one.name} ${this.version(one)}`);
    const own = plan.version;
    const version = below.length === 0 ? own : sha256Hex([own, ...below].join("\n")).slice(0, 16);
    this.#versions.set(plan.name, version);
    return version;
  }
}

function reportLoop(rule: Rule, loop: readonly string[], report: Reporter): void {
  const name = rule.name.text;
  const way = [...loop.slice(1), name].map((one) => `\`${one}\``).join(", which reads ");
  report.error("E0211", rule.name.span, `the rule \`${name}\` reads its own alerts`, {
    label: "in a circle",
    notes: [`it reads ${way}`, "a chain of rules begins with streams"],
  });
}

/** Alerts of a shadow rule are events for shadow rules only, and one that is off has none. */
function warnSilent(rule: Rule, plan: RulePlan, below: RulePlan, report: Reporter): void {
  if (plan.mode === "off" || below.mode === "live") return;
  if (below.mode === "shadow" && plan.mode === "shadow") return;
  const what = below.mode === "off" ? "is off" : "runs in the shadow";
  report.warning(
    "W0506",
    rule.name.span,
    `\`${plan.name}\` reads \`${below.name}\`, which ${what}`,
    {
      label: "no alert will come",
      notes: ["the alerts of a shadow rule are events for shadow rules only"],
    },
  );
}

/** The streams that a rule reads, itself or through the rules below it. */
export function streamsBehind(plan: RulePlan, plans: readonly RulePlan[]): ReadonlySet<string> {
  const found = new Set<string>(plan.streams);
  // A set is gone through in the order of its making, with what is added on the way.
  for (const name of found) {
    for (const stream of plans.find((one) => one.name === name)?.streams ?? []) found.add(stream);
  }
  return found;
}
