/** An engine through reloads and restarts, and what it tells on its way as short lines. */

import { assert } from "../../base/assert.ts";
import type { Value, ValueObject } from "../../base/value.ts";
import { compileRules } from "../../dsl/compile.ts";
import type { RulePlan, RuleSetPlan } from "../../dsl/plan.ts";
import { type Choice, createEngine, type Engine, type ReloadPlan } from "../../engine/engine.ts";
import type { Alert } from "../../engine/outputs.ts";
import { type DataContent, RuleData } from "../../engine/rule-data.ts";
import { openMemoryStore } from "../../state/memory-store.ts";
import type { Store } from "../../state/store.ts";

export const START_MS = 946_684_800_000;

/** A rule set as a text, with the contents of its lists and tables that stand in files. */
export interface SetText {
  readonly text: string;
  readonly data?: ReadonlyMap<string, DataContent>;
}

export interface RunWay {
  readonly name: string;
  /** Commits to a store after each step. */
  readonly stores: boolean;
  /** A new engine goes on from the store after each commit; it restores what it needs, and so much beforehand. */
  readonly restarts: boolean;
  readonly loads: number;
}

export const RUN_WAYS: readonly RunWay[] = [
  { name: "in memory", stores: false, restarts: false, loads: 0 },
  { name: "with commits", stores: true, restarts: false, loads: 0 },
  { name: "with restarts", stores: true, restarts: true, loads: 0 },
  { name: "with restarts, all restored", stores: true, restarts: true, loads: 1_000_000 },
];

export function compileSet(text: string): RuleSetPlan {
  const { plan, diagnostics } = compileRules([{ file: "set.seq", text }]);
  const problems = diagnostics.map(({ code, message }) => `${code} ${message}`).join("; ");
  assert(plan !== null, `the set compiles: ${problems}\n${text}`);
  return plan;
}

/** Plans of texts, each compiled once. */
const compiled = new Map<string, RuleSetPlan>();

function planOf(text: string): RuleSetPlan {
  const known = compiled.get(text) ?? compileSet(text);
  if (compiled.size > 2000) compiled.clear();
  compiled.set(text, known);
  return known;
}

export class ReloadRun {
  readonly lines: string[] = [];
  readonly reloads: ReloadPlan[] = [];
  readonly #way: RunWay;
  readonly #feedNames: ReadonlyMap<string, readonly string[]>;
  readonly store: Store = openMemoryStore();
  #engine: Engine;
  #set: SetText;
  #plan: RuleSetPlan;
  /** Versions by hash, named by the number of the set that had them first. */
  readonly #versions = new Map<string, string>();
  #sets = 0;
  #seq = 0;
  readonly #modes = new Map<string, RulePlan["mode"]>();

  /** `feeds`: names of the feeds of a stream; default: one that is called as the stream. */
  constructor(
    set: SetText,
    way: RunWay,
    feeds: ReadonlyMap<string, readonly string[]> = new Map(),
  ) {
    this.#way = way;
    this.#feedNames = feeds;
    this.#set = set;
    this.#plan = planOf(set.text);
    this.#name();
    this.#engine = this.#open([]);
  }

  /** How lines name the version of a rule of the present set. */
  versionName(rule: string): string {
    const version = this.#plan.rules.find(({ name }) => name === rule)?.version ?? "";
    return this.#versions.get(version) ?? "none";
  }

  get engine(): Engine {
    return this.#engine;
  }

  #name(): void {
    this.#sets++;
    for (const { version } of this.#plan.rules)
      if (!this.#versions.has(version)) this.#versions.set(version, `v${this.#sets}`);
  }

  #dataOf({ data }: SetText): RuleData {
    return new RuleData(this.#plan, data ?? new Map());
  }

  #open(draining: readonly RulePlan[]): Engine {
    const state = this.#way.stores ? this.store : null;
    const engine = createEngine(
      this.#effective(),
      { data: this.#dataOf(this.#set), draining },
      state,
    );
    this.#claim(engine);
    engine.loadSlice(this.#way.loads);
    return engine;
  }

  /** The plan with the modes that were set while it ran. */
  #effective(): RuleSetPlan {
    const rules = this.#plan.rules.map((rule) => ({
      ...rule,
      mode: this.#modes.get(rule.name) ?? rule.mode,
    }));
    return { ...this.#plan, rules };
  }

  #claim(engine: Engine): void {
    for (const { name } of this.#plan.streams)
      for (const feed of this.#feedNames.get(name) ?? [name])
        engine.feed(name, feed, { broker: false });
  }

  /** An event of the stream `atMs` after the start; its number is its position. */
  event(atMs: number, data: ValueObject, stream = "s", feed = stream): void {
    const handle = this.#engine.feed(stream, feed, { broker: false });
    const seq = ++this.#seq;
    const dated: ValueObject = { at: START_MS + atMs, ...data };
    this.#engine.accept(handle, seq, 0, START_MS + atMs, dated);
    this.#commit();
  }

  advance(atMs: number): void {
    this.#engine.advance(START_MS + atMs);
    this.#commit();
  }

  reload(set: SetText, choices: ReadonlyMap<string, Choice> = new Map()): ReloadPlan {
    this.#plan = planOf(set.text);
    this.#set = set;
    this.#name();
    const next = this.#modes.size === 0 ? this.#plan : this.#effective();
    const reload = this.#engine.planReload(next, choices);
    this.reloads.push(reload);
    this.#engine.activate(this.#dataOf(set), reload);
    this.#claim(this.#engine);
    this.#commit();
    return reload;
  }

  setMode(rule: string, mode: RulePlan["mode"]): void {
    this.#modes.set(rule, mode);
    this.#engine.setMode(rule, mode);
    this.#commit();
  }

  /** Everything that can still be decided is. */
  finish(): void {
    for (const { name } of this.#plan.streams)
      for (const feed of this.#feedNames.get(name) ?? [name])
        this.#engine.endFeed(this.#engine.feed(name, feed, { broker: false }));
    this.#engine.flush();
    this.#commit();
  }

  /** Alerts, and what else was told, since the last call. */
  collect(): void {
    for (const output of this.#engine.takeOutputs()) {
      if (output.kind === "alert") this.lines.push(this.#line(output.alert));
      else
        this.lines.push(`${output.kind} ${output.kind === "control" ? output.limit : ""}`.trim());
    }
  }

  #commit(): void {
    this.collect();
    if (!this.#way.stores) return;
    this.store.commit(this.#engine.takeChanges());
    if (this.#way.restarts) this.restart();
  }

  restart(): void {
    this.#engine = this.#open(this.#engine.draining().map(({ plan }) => plan));
  }

  #line({ rule, version, kind, mode, severity, time, events, suppressed }: Alert): string {
    const steps = Object.entries(events)
      .map(([label, taken]) => `${label}:${taken.map(({ seq }) => seq).join(",")}`)
      .sort();
    const parts = [
      rule,
      this.#versions.get(version) ?? version,
      `@${(Date.parse(time) - START_MS) / 1000}s`,
      ...(kind === "match" ? [] : [kind]),
      ...(mode === "live" ? [] : [mode]),
      ...(severity === "low" ? [] : [severity]),
      ...(suppressed === 0 ? [] : [`suppressed ${suppressed}`]),
      ...steps,
    ];
    return parts.join(" ");
  }
}

/** Contents of a table by the column `k`. */
export function tableOf(keys: readonly string[]): DataContent {
  return { kind: "table", rows: keys.map((k) => ({ key: k, row: { k } })) };
}

export function listOf(items: readonly Value[]): DataContent {
  return { kind: "list", items };
}
