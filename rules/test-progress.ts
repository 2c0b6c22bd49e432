/**
 * How far the rules of a failed test came with the keys that gave no match: the partial match that came furthest, and
 * what became of it. Noted by matchers that find the same (coverage/), in a further run.
 */

import { assert } from "../base/assert.ts";
import type { EventRecord } from "../base/event.ts";
import { stringifyJson } from "../base/json.ts";
import { formatDuration } from "../base/time.ts";
import type { Value } from "../base/value.ts";
import type { RulePlan, StepPlan } from "../dsl/plan.ts";
import type { MatcherFactory } from "../engine/options.ts";
import { createMatcher } from "../nfa/create-matcher.ts";
import { ChainHistory, nodesOf } from "../nfa/explicit/chain.ts";
import type { Scope } from "../nfa/history.ts";
import { keyText } from "../nfa/key.ts";
import type { MatcherHost } from "../nfa/matcher.ts";
import type { Program } from "../nfa/program.ts";
import { probed } from "./coverage/pattern-probes.ts";
import type { SiteKind } from "./coverage/rule-sites.ts";

/** Keys of a rule that are told of. */
const KEYS_SHOWN = 3;
/** Events of a partial match that are told, from its end. */
const EVENTS_SHOWN = 8;

interface Taken {
  readonly step: StepPlan;
  readonly event: EventRecord;
}

/** The partial match of a key that came furthest. */
interface Furthest {
  readonly keys: readonly Value[];
  readonly taken: readonly Taken[];
  /** What became of it, as a clause; "" where nothing is known. */
  end: string;
}

export class TestProgress {
  readonly #names: readonly string[];
  readonly #rules = new Map<string, RuleProgress>();

  /** `names`: the rules under test. */
  constructor(names: readonly string[]) {
    this.#names = names;
  }

  readonly createMatcher: MatcherFactory = (rule, host, options) => {
    if (rule.body.kind !== "match" || !this.#names.includes(rule.name)) {
      return createMatcher(rule, host, options);
    }
    const progress = new RuleProgress(rule);
    this.#rules.set(rule.name, progress);
    return createMatcher(rule, progress.hostOf(host), {
      ...options,
      rework: (program) => {
        progress.follow(program);
        return probed(program, rule, (object, kind, scope) => {
          if (scope !== null) progress.note(object, kind, scope);
        }).program;
      },
    });
  };

  /** Lines about a rule; none where nothing began, or all that began became matches. */
  linesOf(rule: string, startMs: number): readonly string[] {
    return this.#rules.get(rule)?.lines(startMs) ?? [];
  }
}

class RuleProgress {
  readonly #rule: RulePlan;
  readonly #labels: readonly string[];
  readonly #furthest = new Map<string, Furthest>();
  readonly #matched = new Set<string>();
  #program: Program | null = null;

  constructor(rule: RulePlan) {
    assert(rule.body.kind === "match", "partial matches are those of a pattern");
    this.#rule = rule;
    this.#labels = rule.body.labels;
  }

  hostOf(host: MatcherHost): MatcherHost {
    return {
      data: host.data,
      report: (match) => {
        if (match.kind === "match") this.#matched.add(match.key);
        host.report(match);
      },
      arm: (key, deadlineMs) => host.arm(key, deadlineMs),
      limitReached: (limit, count) => host.limitReached(limit, count),
      skipMissed: () => host.skipMissed(),
    };
  }

  follow(program: Program): void {
    this.#program = program;
  }

  note(object: object, kind: SiteKind, scope: Scope): void {
    if (kind === "taken") {
      if (scope.event !== null) this.#take(object as StepPlan, scope.event, scope);
    } else if (kind === "forbidden") this.#end(scope, "a `no` ended it");
    else if (kind === "until") this.#end(scope, "`until` ended it");
    else if (kind === "having false") this.#end(scope, "`having` was not true");
    else if (kind === "exception") this.#end(scope, "an exception kept the next event from it");
  }

  #take(step: StepPlan, event: EventRecord, scope: Scope): void {
    const taken = [...takenBefore(scope), { step, event }];
    const key = keyText(scope.keys);
    const known = this.#furthest.get(key);
    if (known !== undefined && !isFurther(taken, known.taken)) return;
    this.#furthest.set(key, { keys: [...scope.keys], taken, end: "" });
  }

  /** Told of the partial match that stands at the same event. */
  #end(scope: Scope, what: string): void {
    const known = this.#furthest.get(keyText(scope.keys));
    const last = takenBefore(scope).at(-1);
    if (known === undefined || known.taken.at(-1)?.event !== last?.event) return;
    known.end = scope.event === null ? what : `${what} (${shownEvent(scope.event)})`;
  }

  lines(startMs: number): readonly string[] {
    if (this.#furthest.size === 0) return ["  no event began it"];
    const open = [...this.#furthest].filter(([key]) => !this.#matched.has(key));
    open.sort(([, a], [, b]) => elementOf(b.taken) - elementOf(a.taken));
    const shown = open.slice(0, KEYS_SHOWN).map(([, one]) => this.#line(one, startMs));
    const rest = open.length - shown.length;
    return rest > 0 ? [...shown, `  … and ${rest} more keys`] : shown;
  }

  #line({ keys, taken, end }: Furthest, startMs: number): string {
    const names = this.#rule.keys.map(({ name }, i) => `${name}=${stringifyJson(keys[i] ?? null)}`);
    const key = names.length === 0 ? "all" : names.join(" ");
    const places = taken.map(({ step, event }) => {
      const label = this.#labels[step.label] ?? "";
      return `\`${label}\` at ${offset(event.timeMs - startMs)}`;
    });
    const hidden = places.length - EVENTS_SHOWN;
    const way = hidden > 0 ? [`${hidden} events`, ...places.slice(hidden)] : places;
    return `  ${key} came to ${[way.join(", "), this.#awaitedBehind(taken), end].filter((text) => text !== "").join("; ")}`;
  }

  /** The steps that may come behind the last one. */
  #awaitedBehind(taken: readonly Taken[]): string {
    const last = taken.at(-1)?.step;
    const leaf = this.#program?.leaves.find(({ step }) => step === last);
    const edges = leaf === undefined ? [] : (this.#program?.follow[leaf.index] ?? []);
    const labels = edges.flatMap(({ to }) =>
      to === null || to.step === null ? [] : [`\`${this.#labels[to.step.label] ?? ""}\``],
    );
    return labels.length === 0 ? "" : `awaited ${[...new Set(labels)].join(" or ")}`;
  }
}

function takenBefore({ history }: Scope): readonly Taken[] {
  if (!(history instanceof ChainHistory) || history.node === null) return [];
  return nodesOf(history.node).flatMap(({ leaf, event }) =>
    leaf.step === null ? [] : [{ step: leaf.step, event }],
  );
}

/** The element that was reached, then how many events were taken. */
function isFurther(a: readonly Taken[], b: readonly Taken[]): boolean {
  return elementOf(a) > elementOf(b) || (elementOf(a) === elementOf(b) && a.length > b.length);
}

function elementOf(taken: readonly Taken[]): number {
  return taken.at(-1)?.step.index ?? -1;
}

function shownEvent({ data }: EventRecord): string {
  const text = stringifyJson(data);
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}

function offset(ms: number): string {
  return ms < 0 ? `-${formatDuration(-ms)}` : formatDuration(ms);
}
