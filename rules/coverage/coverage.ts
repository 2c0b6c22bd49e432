/**
 * Which places of its rules a run of tests reaches. It gives the tests matchers that find the same and note on their
 * way where they come; a rule's own tests count for it, and not those of rules that read its alerts.
 */

import { assert } from "../../base/assert.ts";
import type { EventRecord } from "../../base/event.ts";
import type { Declaration } from "../../dsl/ast.ts";
import type { RuleSource } from "../../dsl/compile.ts";
import { parse } from "../../dsl/parse.ts";
import type { RulePlan, RuleSetPlan } from "../../dsl/plan.ts";
import { lineColumn } from "../../dsl/source-frame.ts";
import type { MatcherFactory } from "../../engine/options.ts";
import { createMatcher } from "../../nfa/create-matcher.ts";
import { compileScopeCondition } from "../../nfa/expression/compiled.ts";
import type { Match, Matcher, MatcherHost, MatcherOptions } from "../../nfa/matcher.ts";
import type { Program } from "../../nfa/program.ts";
import { liftAggregates } from "../../nfa/window/lift-aggregates.ts";
import { eventProbes } from "./event-probes.ts";
import { probed, type Reach } from "./pattern-probes.ts";
import { type RuleDeclaration, RuleSites, type Site, type SiteKind } from "./rule-sites.ts";

export interface RuleCoverage {
  readonly rule: string;
  /** Tests that ran for it. */
  readonly tests: number;
  readonly reached: number;
  /** In the order of the text, with the number of tests that reached each. */
  readonly sites: readonly (Site & { readonly tests: number })[];
}

export class Coverage {
  readonly #rules: readonly RuleSites[];
  readonly #off: ReadonlySet<string>;
  readonly #tests = new Map<string, number>();
  readonly #reached = new Map<Site, number>();

  /** `files`: the texts of the set. */
  constructor(plan: RuleSetPlan, files: readonly RuleSource[]) {
    this.#off = new Set(plan.rules.flatMap(({ name, mode }) => (mode === "off" ? [name] : [])));
    const texts = new Map(files.map(({ file, text }) => [file, text]));
    const declarations = files.flatMap(({ file, text }) => parse(file, text).tree.declarations);
    const isException = (one: Declaration) => one.kind === "exception";
    const exceptions = declarations.filter(isException);
    this.#rules = plan.rules.map((rule) => {
      const tree = declarations.find(
        (one): one is RuleDeclaration => one.kind === "rule" && one.name.text === rule.name,
      );
      assert(tree !== undefined, "each rule of a set is declared in one of its files");
      const own = exceptions.filter((one) => one.rule.text === rule.name);
      return new RuleSites(rule, tree, own, (span) => {
        return lineColumn(texts.get(span.file) ?? "", span.start).line;
      });
    });
  }

  /** The matchers for one test of these rules; to be asked for once for each test. */
  matchers(rules: readonly string[]): MatcherFactory {
    const reached = new Set<Site>();
    for (const rule of rules) this.#tests.set(rule, (this.#tests.get(rule) ?? 0) + 1);
    return (rule, host, options) => {
      const sites = this.#rules.find((one) => one.rule === rule.name);
      if (sites === undefined || !rules.includes(rule.name)) {
        return createMatcher(rule, host, options);
      }
      const reach: Reach = (object, kind) => {
        const site = sites.find(object, kind);
        if (site === undefined || reached.has(site)) return;
        reached.add(site);
        this.#reached.set(site, (this.#reached.get(site) ?? 0) + 1);
      };
      return matcherThatTells(rule, host, options, reach);
    };
  }

  /** What was reached so far, by rule; a rule without a test has reached nothing, one that is off needs none. */
  report(): readonly RuleCoverage[] {
    return this.#rules
      .filter(({ rule }) => !this.#off.has(rule) || this.#tests.has(rule))
      .map(({ rule, all }) => {
        const sites = all.map((site) => ({ ...site, tests: this.#reached.get(site) ?? 0 }));
        const reached = sites.filter(({ tests }) => tests > 0).length;
        return { rule, tests: this.#tests.get(rule) ?? 0, reached, sites };
      });
  }
}

/** The percentage that a rule's tests reach, rounded down, so that only all of it is 100; 100 where there is nothing. */
export function coveredPercent({
  reached,
  sites,
}: {
  readonly reached: number;
  readonly sites: { readonly length: number };
}): number {
  return sites.length === 0 ? 100 : Math.floor((reached * 100) / sites.length);
}

/** The rule's matcher; on its way it tells which places of the rule it comes to. */
function matcherThatTells(
  rule: RulePlan,
  host: MatcherHost,
  options: MatcherOptions,
  reach: Reach,
): Matcher {
  let settle = (): void => undefined;
  const rework = (program: Program): Program => {
    const made = probed(program, rule, reach);
    settle = made.settle;
    return made.program;
  };
  const told = hostThatTells(rule, host, reach);
  const matcher = createMatcher(rule, told, { ...options, rework });
  const see = eventProbes(rule, host.data, reach);
  const offer = matcher.offer.bind(matcher);
  return Object.assign(matcher, {
    offer(event: EventRecord): void {
      see(event);
      offer(event);
      settle();
    },
  });
}

/** The same host, which tells first what is reported to it. */
function hostThatTells(rule: RulePlan, host: MatcherHost, reach: Reach): MatcherHost {
  const excepts = exceptionsOf(rule);
  return {
    data: host.data,
    report: (match) => {
      tell(rule, match, reach);
      for (const { exception, fits, untilMs } of excepts) {
        const scope = { event: null, history: match.history, keys: match.keys, data: host.data };
        if (match.decidedMs <= untilMs && fits(scope)) reach(exception, "exception", scope);
      }
      host.report(match);
    },
    arm: (key, deadlineMs) => host.arm(key, deadlineMs),
    limitReached: (limit, count) => host.limitReached(limit, count),
    skipMissed: () => host.skipMissed(),
    recall: (key) => host.recall?.(key) ?? false,
    recallAll: () => host.recallAll?.(),
  };
}

/** The exceptions that keep finished matches from alerting. */
function exceptionsOf(rule: RulePlan) {
  const lifted = liftAggregates(rule).rule.exceptions;
  return rule.exceptions.flatMap((exception, index) => {
    const where = lifted[index]?.where;
    if (exception.label !== null || where === undefined) return [];
    const fits = compileScopeCondition(where, { codegen: false, memo: null });
    return [{ exception, fits, untilMs: exception.untilMs ?? Number.POSITIVE_INFINITY }];
  });
}

/** What comes of a match by itself; that of a pattern is told by its way there. */
const KINDS: Readonly<Record<Match["kind"], SiteKind | null>> = {
  match: null,
  timeout: "timeout",
  window: "condition",
  missing: "silence",
  recovered: "recovery",
};

function tell({ body }: RulePlan, match: Match, reach: Reach): void {
  const kind = KINDS[match.kind];
  if (kind !== null) reach(body, kind, null);
}
