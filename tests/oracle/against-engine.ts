/** Runs a generated case through the real pipeline (text, checker, engine) in several ways, as lines of the oracle. */

import { assert } from "../../base/assert.ts";
import { compareEvents, type EventRecord } from "../../base/event.ts";
import { Random } from "../../base/random.ts";
import { compileRules } from "../../dsl/compile.ts";
import type { RuleSetPlan } from "../../dsl/plan.ts";
import { createEngine, type Engine, type EngineOptions } from "../../engine/engine.ts";
import type { Alert } from "../../engine/outputs.ts";
import { createMatcher } from "../../nfa/explicit/matcher.ts";
import { openMemoryStore } from "../../state/memory-store.ts";
import type { Pattern } from "./pattern.ts";
import { renderPattern } from "./render.ts";

export interface Way {
  readonly name: string;
  readonly codegen: boolean;
  /** False: no rule index and no dominance, the plain forms. */
  readonly optimised: boolean;
  /** A checkpoint, and a new engine restored from it, after every event. */
  readonly restart: boolean;
  /** Arrivals in any order that `delay` allows. */
  readonly shuffle: boolean;
}

export const WAYS: readonly Way[] = [
  { name: "generated code", codegen: true, optimised: true, restart: false, shuffle: false },
  {
    name: "interpreter, restarts",
    codegen: false,
    optimised: false,
    restart: true,
    shuffle: false,
  },
  { name: "shuffled arrivals", codegen: true, optimised: true, restart: false, shuffle: true },
  {
    name: "shuffled arrivals, restarts",
    codegen: true,
    optimised: true,
    restart: true,
    shuffle: true,
  },
];

/** Of sixteen seeds, thirteen run plainly: the slower ways take turns on the others. */
export function takingTurns(seed: number): readonly Way[] {
  return [WAYS[seed % 16] ?? (WAYS[0] as Way)];
}

/** The reported matches by key, each key's in order: `{"x":["@5000 b:s1.1,s1.2"]}`. Alerts of different keys have no order here. */
export function engineLines(
  pattern: Pattern,
  events: readonly EventRecord[],
  way: Way,
  seed: number,
): Map<string, string[]> {
  // The oracle knows no limits.
  const text = renderPattern(pattern).replace(/\}\n$/, "  limit 1000000 matches per event\n}\n");
  const { plan, diagnostics } = compileRules([
    {
      file: "case.seq",
      text: way.shuffle ? text.replaceAll("{ time at }", "{ time at  delay 1h }") : text,
    },
  ]);
  assert(
    plan !== null,
    `the checker accepts the case: ${diagnostics.map((d) => d.message).join("; ")}\n${text}`,
  );
  const run = new CaseRun(plan, pattern.streams, way);
  const ordered = [...events].sort(compareEvents);
  for (const event of way.shuffle ? shuffled(ordered, seed) : ordered) run.accept(event);
  run.finish();
  return run.lines;
}

/** Each stream's own sequence stays the place in the order of equal times, so only the arrival is shuffled. */
function shuffled(events: readonly EventRecord[], seed: number): EventRecord[] {
  const random = new Random(seed);
  return events
    .map((event) => ({ event, place: random.unit() }))
    .sort((a, b) => a.place - b.place)
    .map(({ event }) => event);
}

class CaseRun {
  readonly lines = new Map<string, string[]>();
  readonly #plan: RuleSetPlan;
  readonly #streams: readonly string[];
  readonly #way: Way;
  readonly #store = openMemoryStore();
  #engine: Engine;

  constructor(plan: RuleSetPlan, streams: readonly string[], way: Way) {
    this.#plan = plan;
    this.#streams = streams;
    this.#way = way;
    this.#engine = this.#open();
  }

  #open(): Engine {
    const { codegen, optimised, restart } = this.#way;
    const options: EngineOptions = {
      codegen,
      index: optimised,
      createMatcher: (rule, host, how) =>
        createMatcher(rule, host, { ...how, dominance: optimised }),
    };
    const engine = createEngine(this.#plan, options, restart ? this.#store : null);
    for (const stream of this.#streams) engine.feed(stream, stream, { broker: false });
    return engine;
  }

  accept(event: EventRecord): void {
    const feed = this.#engine.feed(event.stream, event.stream, { broker: false });
    this.#engine.accept(feed, event.seq, event.index, null, event.data);
    this.#collect();
    if (!this.#way.restart) return;
    this.#store.commit(this.#engine.takeChanges());
    this.#engine = this.#open();
  }

  finish(): void {
    for (const stream of this.#streams)
      this.#engine.endFeed(this.#engine.feed(stream, stream, { broker: false }));
    this.#engine.flush();
    this.#collect();
    const { rules } = this.#engine.status();
    assert(
      rules.every((rule) => rule.openStarts === 0 && rule.openRuns === 0),
      "nothing is left once all windows have passed",
    );
  }

  #collect(): void {
    for (const output of this.#engine.takeOutputs()) {
      assert(output.kind === "alert", `only alerts come out, not ${output.text}`);
      const key = JSON.stringify(Object.values(output.alert.key));
      this.lines.set(key, [...(this.lines.get(key) ?? []), alertLine(output.alert)]);
    }
  }
}

/** `@decided b:s1.1,s1.2` with the evidence by label. */
function alertLine(alert: Alert): string {
  const steps = Object.entries(alert.events).map(
    ([label, events]) => `${label}:${events.map((e) => `${e.stream}.${e.seq}`).join(",")}`,
  );
  return [`@${Date.parse(alert.time)}`, ...steps.sort()].join(" ");
}
