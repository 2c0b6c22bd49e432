/**
 * How long a reload stops the flow: 1,000 rules with 100,000 partial matches, and what memory does over many reloads.
 *
 *   [CPU=1] [ROUNDS=3] node --expose-gc --import ./tests/long/typescript-hooks.js tests/long/reload-pause.ts
 */

import { compileRules } from "../../dsl/compile.ts";
import type { RuleSetPlan } from "../../dsl/plan.ts";
import { createEngine, type Engine, planReloadInSteps } from "../../engine/engine.ts";
import { RuleData } from "../../engine/rule-data.ts";
import { openMemoryStore } from "../../state/memory-store.ts";

const RULES = 1000;
const OPEN = 100_000;
const ROUNDS = 10;
const START_MS = 946_684_800_000;
/** On a machine that has other things to do: the time of the processor, collection of garbage included. */
const CPU = process.env["CPU"] === "1";

interface Shape {
  readonly title?: string;
  readonly threshold?: number;
  readonly within?: string;
  readonly rules?: number;
}

/** `changed`: so many rules, from the first, have this shape; the others the usual one. */
function planOf(shape: Shape, changed: number): RuleSetPlan {
  const rules = Array.from({ length: shape.rules ?? RULES }, (_, i) => {
    const { title = "Pair", threshold = 1, within = "1h" } = i < changed ? shape : {};
    return `rule r.n${i} "${title} ${i}" { severity low match by user within ${within} {
      a: auth where kind == "k${i}" and action == "open"
      then b: auth where kind == "k${i}" and action == "close" and amount >= ${threshold} } }`;
  });
  const text = `stream auth from "events.auth.>" { time at }\n${rules.join("\n")}`;
  const { plan, diagnostics } = compileRules([{ file: "rules.seq", text }]);
  if (plan === null) throw new Error(diagnostics.map(({ message }) => message).join("\n"));
  return plan;
}

function dataOf(plan: RuleSetPlan): RuleData {
  return new RuleData(plan, new Map());
}

function filled(plan: RuleSetPlan): { engine: Engine; store: ReturnType<typeof openMemoryStore> } {
  const store = openMemoryStore();
  const engine = createEngine(plan, { data: dataOf(plan) }, store);
  const feed = engine.feed("auth", "auth", { broker: false });
  for (let i = 0; i < OPEN; i++) {
    const data = {
      at: START_MS + i,
      kind: `k${i % RULES}`,
      user: `u${i}`,
      action: "open",
      amount: 3,
    };
    engine.accept(feed, i + 1, 0, null, data);
    if (i % 1000 === 999) {
      engine.takeOutputs();
      store.commit(engine.takeChanges());
    }
  }
  return { engine, store };
}

interface Times {
  readonly planMs: number;
  readonly prepareMs: number;
  readonly longestStepMs: number;
  readonly activateMs: number;
  readonly changesMs: number;
  readonly changes: number;
}

function reload(engine: Engine, next: RuleSetPlan): Times {
  const clock = (): number => {
    const { user, system } = process.cpuUsage();
    return CPU ? (user + system) / 1000 : performance.now();
  };
  const t0 = clock();
  let longestStepMs = 0;
  const planning = planReloadInSteps(engine.plan, next, new Map(), engine.draining());
  let planned = planning.next();
  while (planned.done !== true) {
    const before = clock();
    planned = planning.next();
    longestStepMs = Math.max(longestStepMs, clock() - before);
  }
  const reloadPlan = planned.value;
  const t1 = clock();
  const prepared = engine.prepare(dataOf(next), reloadPlan);
  for (let more = true; more; ) {
    const before = clock();
    more = prepared.step();
    longestStepMs = Math.max(longestStepMs, clock() - before);
  }
  const t2 = clock();
  engine.activate(prepared);
  const t3 = clock();
  const { length } = engine.takeChanges();
  const t4 = clock();
  return {
    planMs: t1 - t0,
    prepareMs: t2 - t1,
    longestStepMs,
    activateMs: t3 - t2,
    changesMs: t4 - t3,
    changes: length,
  };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

function heapMb(): number {
  globalThis.gc?.();
  globalThis.gc?.();
  return Math.round(process.memoryUsage().heapUsed / 1e5) / 10;
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

function measure(name: string, first: RuleSetPlan, next: RuleSetPlan, rounds: number): void {
  const times: Times[] = [];
  for (let round = 0; round < rounds; round++) {
    const { engine } = filled(first);
    globalThis.gc?.();
    times.push(reload(engine, next));
  }
  const of = (pick: (times: Times) => number): string => {
    const values = times.map(pick);
    return `${median(values).toFixed(1)} (${Math.min(...values).toFixed(1)} to ${Math.max(...values).toFixed(1)})`;
  };
  say(
    [
      name.padEnd(34),
      `pause ${of((t) => t.activateMs)} ms`,
      `verdicts ${of((t) => t.planMs)}`,
      `compile ${of((t) => t.prepareMs)}`,
      `longest step ${of((t) => t.longestStepMs)}`,
      `changes ${of((t) => t.changesMs)} (${times[0]?.changes ?? 0})`,
    ].join("  "),
  );
}

const first = planOf({}, 0);
const rounds = Number(process.env["ROUNDS"] ?? 3);
measure("1 rule: threshold", first, planOf({ threshold: 2 }, 1), rounds);
measure("1 rule: within (drain)", first, planOf({ within: "2h" }, 1), rounds);
measure("all rules: title (keep)", first, planOf({ title: "Other" }, RULES), rounds);
measure("all rules: threshold (keep)", first, planOf({ threshold: 2 }, RULES), rounds);
measure("all rules: within (drain)", first, planOf({ within: "2h" }, RULES), rounds);
measure("half of the rules deleted", first, planOf({ rules: RULES / 2 }, 0), rounds);

const { engine, store } = filled(first);
const before = heapMb();
const heaps: number[] = [];
const plans = [planOf({ threshold: 2 }, RULES), planOf({ threshold: 3 }, RULES)];
for (let round = 0; round < ROUNDS; round++) {
  const next = plans[round % 2];
  if (next === undefined) break;
  reload(engine, next);
  engine.takeOutputs();
  store.commit(engine.takeChanges());
  heaps.push(heapMb());
}
say(`heap: ${before} MB before, after each of ${ROUNDS} reloads of all rules: ${heaps.join(", ")}`);
