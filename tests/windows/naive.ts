/**
 * Windows by recomputation: for every judgement the window's events are collected anew from all that came, and every
 * aggregate is computed from their values. Written from W-1 to W-4; shares the meaning of expressions with the engine,
 * but nothing of how windows are kept.
 */

import type { EventRecord } from "../../base/event.ts";
import { formatTime } from "../../base/time.ts";
import type { Value } from "../../base/value.ts";
import type { Expr } from "../../dsl/expr.ts";
import type { RulePlan, WindowPlan } from "../../dsl/plan.ts";
import { shownTime, yieldsTime } from "../../engine/time-values.ts";
import {
  compileEventCondition,
  compileEventValue,
  compileScopeValue,
} from "../../nfa/expression/compiled.ts";
import { withParts } from "../../nfa/expression/rewrite.ts";
import { aggregateValues, isValueAggregate, rateOf } from "../../nfa/functions/aggregates.ts";
import { type History, NO_DATA } from "../../nfa/history.ts";
import { keysOf, keyText } from "../../nfa/key.ts";
import type { Input } from "./drive.ts";

const PLAIN = { codegen: false };

/** An event of the input of one key. */
interface Member {
  readonly event: EventRecord;
  /** Of which entries of `over`; none: of a source, but no entry's condition. */
  readonly labels: readonly number[];
}

/** The alerts as `byKey` of drive.ts has them. `inputs` stand in the order of M-1. */
export function naiveWindows(rule: RulePlan, inputs: readonly Input[]): Value {
  const { body } = rule;
  if (body.kind !== "window") throw new Error("a window is wanted");
  const keys = new Map<string, { values: readonly Value[]; members: Member[] }>();
  for (const input of inputs) {
    const event = recordOf(input);
    for (const values of keyValues(body, event)) {
      const text = keyText(values);
      const known = keys.get(text) ?? { values, members: [] };
      keys.set(text, known);
      const labels = body.over.flatMap(({ label, source, where }) =>
        admitted(body, source, event) && holds(where, event) ? [label] : [],
      );
      known.members.push({ event, labels });
    }
  }
  const found: [string, Value[]][] = [];
  for (const { values, members } of keys.values()) {
    const alerts = new KeyModel(rule, body, values, members).alerts();
    const key = Object.fromEntries(rule.keys.map(({ name }, i) => [name, values[i] ?? null]));
    if (alerts.length > 0) found.push([JSON.stringify(key), alerts]);
  }
  return found.sort(([a], [b]) => (a < b ? -1 : 1));
}

function recordOf({ stream, place, seq, timeMs, data }: Input): EventRecord {
  return { stream, place, feed: stream, seq, index: 0, timeMs, timeFrac: 0, id: `${seq}`, data };
}

function holds(condition: Expr | null, event: EventRecord): boolean {
  return condition === null || compileEventCondition(condition, NO_DATA, PLAIN)(event);
}

function admitted(body: WindowPlan, source: number, event: EventRecord): boolean {
  const plan = body.sources[source];
  return plan !== undefined && plan.stream === event.stream && holds(plan.filter, event);
}

/** The keys under which some source admits the event. */
function keyValues(body: WindowPlan, event: EventRecord): readonly (readonly Value[])[] {
  const source = body.sources.find((_, i) => admitted(body, i, event));
  if (source === undefined) return [];
  const parts = source.keys.map((key) => compileEventValue(key, NO_DATA, PLAIN)(event));
  return keysOf(parts, source.nullable);
}

class KeyModel {
  readonly #rule: RulePlan;
  readonly #body: WindowPlan;
  readonly #values: readonly Value[];
  readonly #members: readonly Member[];
  readonly #alerts: Value[] = [];

  constructor(
    rule: RulePlan,
    body: WindowPlan,
    values: readonly Value[],
    members: readonly Member[],
  ) {
    this.#rule = rule;
    this.#body = body;
    this.#values = values;
    this.#members = members;
  }

  alerts(): Value[] {
    const { shape } = this.#body;
    const taken = this.#members.filter(({ labels }) => labels.length > 0);
    switch (shape.kind) {
      case "sliding": {
        let was = false;
        this.#members.forEach(({ event }, i) => {
          const window = this.#members
            .slice(0, i + 1)
            .filter((m) => m.labels.length > 0 && m.event.timeMs >= event.timeMs - shape.sizeMs);
          was = this.#turns(window, event.timeMs, was);
        });
        break;
      }
      case "count": {
        let was = false;
        taken.forEach(({ event }, i) => {
          const window = taken.slice(Math.max(0, i + 1 - shape.events), i + 1);
          was = this.#turns(window, event.timeMs, was);
        });
        break;
      }
      case "tumbling": {
        const { sizeMs, offsetMs } = shape;
        const startOf = (timeMs: number): number =>
          Math.floor((timeMs - offsetMs) / sizeMs) * sizeMs + offsetMs;
        for (const start of new Set(taken.map(({ event }) => startOf(event.timeMs)))) {
          const window = taken.filter(({ event }) => startOf(event.timeMs) === start);
          if (this.#judge(window)) this.#alert(window, start + sizeMs);
        }
        break;
      }
      case "session": {
        let window: Member[] = [];
        for (const [i, member] of taken.entries()) {
          window.push(member);
          const next = taken[i + 1];
          const closeMs = member.event.timeMs + shape.gapMs;
          if (next !== undefined && next.event.timeMs <= closeMs) continue;
          if (this.#judge(window)) this.#alert(window, closeMs);
          window = [];
        }
      }
    }
    return this.#alerts;
  }

  #turns(window: readonly Member[], timeMs: number, was: boolean): boolean {
    const is = this.#judge(window);
    if (is && !was) this.#alert(window, timeMs);
    return is;
  }

  #judge(window: readonly Member[]): boolean {
    return this.#value(this.#body.having, window) === true;
  }

  #value(expr: Expr, window: readonly Member[]): Value {
    const plain = withoutAggregates(expr, window);
    const scope = { event: null, history: historyOf(window), keys: this.#values, data: NO_DATA };
    return compileScopeValue(plain, PLAIN)(scope);
  }

  #alert(window: readonly Member[], decidedMs: number): void {
    const { keys, alert } = this.#rule;
    const times = window.map(({ event }) => event.timeMs);
    const evidence = this.#body.labels.map((name, label) => {
      const events = window.filter(({ labels }) => labels.includes(label)).map((m) => m.event);
      const ends = events.length <= 100 ? events : [...events.slice(0, 50), ...events.slice(-50)];
      return { name, ends, cut: events.length - ends.length };
    });
    this.#alerts.push({
      kind: "window",
      title: alert.title.map((part) => (typeof part === "string" ? part : "?")).join(""),
      key: Object.fromEntries(keys.map(({ name }, i) => [name, this.#values[i] ?? null])),
      time: formatTime(decidedMs),
      start: formatTime(times[0] ?? decidedMs),
      end: formatTime(times.at(-1) ?? decidedMs),
      data: Object.fromEntries(
        (alert.data ?? []).map(({ name, value: expr }) => {
          const value = this.#value(expr, window);
          return [name, yieldsTime(expr) ? shownTime(value) : value];
        }),
      ),
      evidence: evidence
        .filter(({ ends }) => ends.length > 0)
        .map(({ name, ends }) => `${name}: ${ends.map((e) => `${e.stream}.${e.seq}`).join(" ")}`),
      truncated: evidence.reduce((sum, { cut }) => sum + cut, 0),
    });
  }
}

/** The expression with every aggregate replaced by its value over the window's events. */
function withoutAggregates(expr: Expr, window: readonly Member[]): Expr {
  if (expr.kind !== "aggregate") return withParts(expr, (part) => withoutAggregates(part, window));
  const values: Value[] = [];
  const times: number[] = [];
  for (const { event, labels } of window) {
    // One event gives one and the same value once, whatever its entries are.
    const given = expr.inputs.filter(({ label }) => labels.includes(label));
    for (const text of new Set(given.map(({ value }) => JSON.stringify(value)))) {
      const input = given.find(({ value }) => JSON.stringify(value) === text);
      const read = input?.value ?? null;
      const value = read === null ? true : compileEventValue(read, NO_DATA, PLAIN)(event);
      if (value === null) continue;
      values.push(value);
      times.push(event.timeMs);
    }
  }
  const parameter = expr.parameter?.kind === "const" ? expr.parameter.value : null;
  const value = isValueAggregate(expr.name)
    ? aggregateValues(expr.name, values, parameter)
    : rateOf(times, parameter, window.at(-1)?.event.timeMs ?? null);
  return { kind: "const", value };
}

function historyOf(window: readonly Member[]): History {
  const events = (label: number): readonly EventRecord[] =>
    window.filter(({ labels }) => labels.includes(label)).map(({ event }) => event);
  return {
    count: (label) => events(label).length,
    fromFirst: (label, index) => events(label)[index] ?? null,
    fromLast: (label, index) => events(label).at(-1 - index) ?? null,
    events,
    previous: () => null,
    preceding: () => null,
  };
}
