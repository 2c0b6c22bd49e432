/**
 * Makes the alert of A-4 from a match: title, data, evidence and the id of A-5. One maker serves one rule; expressions
 * are compiled once. The names of an alert and their order are the contract.
 */

import type { EventRecord } from "../base/event.ts";
import { stringifyJson } from "../base/json.ts";
import { formatTime } from "../base/time.ts";
import type { Value, ValueObject } from "../base/value.ts";
import type { Expr } from "../dsl/expr.ts";
import type { AlertPlan, RulePlan } from "../dsl/plan.ts";
import {
  type CompileOptions,
  compileScopeValue,
  compileTemplate,
  type ScopeText,
  type ScopeValue,
} from "../nfa/expression/compiled.ts";
import type { DataSource, Scope } from "../nfa/history.ts";
import type { Match } from "../nfa/matcher.ts";
import { alertId } from "./alert-id.ts";
import type { EngineLimits } from "./options.ts";
import type { Alert, Evidence } from "./outputs.ts";
import { cutText, utf8Length } from "./text-size.ts";
import { shownTime, yieldsTime } from "./time-values.ts";

interface CompiledAlert {
  readonly title: readonly ScopeText[];
  readonly data: readonly { readonly name: string; readonly value: ScopeValue }[] | null;
  readonly to: string | null;
}

export interface MadeAlert {
  readonly alert: Alert;
  readonly text: string;
  readonly to: string | null;
}

/** Longest title of an alert that is too large even without evidence and data. */
const SHORT_TITLE_BYTES = 1024;

export class AlertMaker {
  readonly #rule: RulePlan;
  readonly #labels: readonly string[];
  readonly #data: DataSource;
  readonly #limits: EngineLimits;
  readonly #main: CompiledAlert;
  readonly #timeout: CompiledAlert;
  readonly #recovered: CompiledAlert;

  constructor(rule: RulePlan, data: DataSource, limits: EngineLimits, options: CompileOptions) {
    this.#rule = rule;
    this.#labels = rule.body.kind === "expect" ? [rule.body.label] : rule.body.labels;
    this.#data = data;
    this.#limits = limits;
    this.#main = compileAlert(rule.alert, options);
    this.#timeout = rule.timeout === null ? this.#main : compileAlert(rule.timeout.alert, options);
    this.#recovered = rule.recovered === null ? this.#main : compileAlert(rule.recovered, options);
  }

  make(match: Match, suppressed: number): MadeAlert {
    const plan = this.#planOf(match.kind);
    const scope = scopeOf(match, this.#data);
    const key = keyObject(this.#rule, match);
    const body = {
      id: alertId(this.#rule, match),
      rule: this.#rule.name,
      version: this.#rule.version,
      kind: match.kind,
      mode: this.#rule.mode === "shadow" ? ("shadow" as const) : ("live" as const),
      severity: this.#rule.severity,
      title: plan.title.map((part) => part(scope)).join(""),
      key,
      time: formatTime(match.decidedMs),
      start: formatTime(match.startMs),
      end: formatTime(match.endMs),
      data: plan.data === null ? key : dataObject(plan.data, scope),
      suppressed,
    };
    return { ...this.#fit(body, match), to: plan.to };
  }

  #planOf(kind: Match["kind"]): CompiledAlert {
    if (kind === "timeout") return this.#timeout;
    return kind === "recovered" ? this.#recovered : this.#main;
  }

  /** Adds as much evidence as the limits allow: an alert that is too large shows half as much, and so on. */
  #fit(
    body: Omit<Alert, "events" | "truncated">,
    match: Match,
  ): { readonly alert: Alert; readonly text: string } {
    for (let perSide = this.#limits.evidencePerSide; ; perSide >>= 1) {
      const alert = { ...body, ...this.#evidence(match, perSide) };
      const text = stringifyJson(alert as unknown as Value);
      if (utf8Length(text) <= this.#limits.alertBytes) return { alert, text };
      if (perSide === 0) return shortened(alert);
    }
  }

  /** The events by label, of each at most the first and last `perSide`; the rest is counted. */
  #evidence(match: Match, perSide: number): Pick<Alert, "events" | "truncated"> {
    const byLabel: EventRecord[][] = this.#labels.map(() => []);
    for (const { label, event } of match.taken) byLabel[label]?.push(event);
    const shown: [string, readonly Evidence[]][] = [];
    let truncated = match.untold;
    for (const [label, events] of byLabel.entries()) {
      if (events.length === 0) continue;
      const cut = Math.max(0, events.length - 2 * perSide);
      truncated += cut;
      const kept = cut === 0 ? events : ends(events, perSide);
      shown.push([this.#labels[label] as string, kept.map(evidenceOf)]);
    }
    return { events: Object.fromEntries(shown), truncated };
  }
}

function ends(events: readonly EventRecord[], perSide: number): readonly EventRecord[] {
  return [...events.slice(0, perSide), ...events.slice(events.length - perSide)];
}

function evidenceOf(event: EventRecord): Evidence {
  const { id, stream, seq, index, data } = event;
  const time = formatTime(event.timeMs);
  return index === 0 ? { id, stream, seq, time, data } : { id, stream, seq, index, time, data };
}

/** Too large without any evidence: the data is left out and the title cut. The key, which names the alert, stays. */
function shortened(alert: Alert): { readonly alert: Alert; readonly text: string } {
  const short = { ...alert, title: cutText(alert.title, SHORT_TITLE_BYTES), data: {} };
  return { alert: short, text: stringifyJson(short as unknown as Value) };
}

function scopeOf(match: Match, data: DataSource): Scope {
  return { event: null, history: match.history, keys: match.keys, data };
}

function keyObject(rule: RulePlan, match: Match): ValueObject {
  return Object.fromEntries(rule.keys.map(({ name }, i) => [name, match.keys[i] ?? null]));
}

function dataObject(
  fields: readonly { readonly name: string; readonly value: ScopeValue }[],
  scope: Scope,
): ValueObject {
  return Object.fromEntries(fields.map(({ name, value }) => [name, value(scope)]));
}

function compileAlert(plan: AlertPlan, options: CompileOptions): CompiledAlert {
  return {
    title: plan.title.map((part) => compileTitlePart(part, options)),
    data:
      plan.data?.map(({ name, value }) => ({ name, value: compileShown(value, options) })) ?? null,
    to: plan.to,
  };
}

function compileTitlePart(part: string | Expr, options: CompileOptions): ScopeText {
  if (typeof part === "string" || !yieldsTime(part)) return compileTemplate([part], options);
  const value = compileShown(part, options);
  return (scope) => String(value(scope));
}

function compileShown(expr: Expr, options: CompileOptions): ScopeValue {
  const value = compileScopeValue(expr, options);
  return yieldsTime(expr) ? (scope) => shownTime(value(scope)) : value;
}
