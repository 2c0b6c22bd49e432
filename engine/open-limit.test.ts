/** `limit N open` over long runs, against a plain list of starts: near the limit, below it again, across restarts. */

import { expect, test } from "@jest/globals";
import { Random } from "../base/random.ts";
import { compileRules } from "../dsl/compile.ts";
import { openMemoryStore } from "../state/memory-store.ts";
import { createEngine } from "./engine.ts";

const LIMIT = 6;
const WITHIN_MS = 10_000;
const RULES = `
stream s from "s.>" { time t }
rule r "r" {
  severity low
  match all by k within 10s { a: s where kind == "a"  then b: s where kind == "b" }
  limit ${LIMIT} open
}
`;

interface Given {
  readonly t: number;
  readonly kind: "a" | "b";
  readonly k: readonly number[];
}

/** Times of great rushes and of calm take turns. */
function eventsOf(random: Random): readonly Given[] {
  let t = 0;
  return Array.from({ length: 400 }, (_, i) => {
    t += 1 + random.below(i % 100 < 60 ? 1500 : 8000);
    // A list stands for each of its values: one event begins for several keys.
    const k = Array.from({ length: 1 + random.below(3) }, () => random.below(5));
    return { t, kind: random.chance(0.8) ? "a" : "b", k };
  });
}

/** Alerts as `key start end`. */
function expected(events: readonly Given[]): readonly string[] {
  let starts: { readonly t: number; readonly key: number }[] = [];
  const found: string[] = [];
  for (const { t, kind, k } of events) {
    const keys = [...new Set(k)];
    starts = starts.filter((start) => start.t + WITHIN_MS >= t);
    for (const key of keys) {
      if (kind === "b") {
        for (const start of starts) if (start.key === key) found.push(`${key} ${start.t} ${t}`);
        starts = starts.filter((start) => start.key !== key);
        continue;
      }
      starts.push({ t, key });
      starts.sort((x, y) => x.t - y.t || x.key - y.key);
      if (starts.length > LIMIT) starts.shift();
    }
  }
  return found.sort();
}

/** With a restart after every so many events; null: without. */
function alerts(events: readonly Given[], restartEvery: number | null): readonly string[] {
  const { plan } = compileRules([{ file: "r.seq", text: RULES }]);
  if (plan === null) throw new Error("the rules have no errors");
  const store = openMemoryStore();
  let engine = createEngine(plan, {}, store);
  const found: string[] = [];
  for (const [i, event] of events.entries()) {
    const feed = engine.feed("s", "f", { broker: false });
    engine.accept(feed, i, 0, null, { ...event });
    for (const output of engine.takeOutputs()) {
      if (output.kind !== "alert") continue;
      const { key, start, end } = output.alert;
      found.push(`${key["k"]} ${Date.parse(start)} ${Date.parse(end)}`);
    }
    if (restartEvery === null || i % restartEvery !== 0) continue;
    store.commit(engine.takeChanges());
    engine = createEngine(plan, {}, store);
  }
  return found.sort();
}

test.each([1, 2, 3, 4])("the oldest starts go, as from a plain list (seed %i)", (seed) => {
  const events = eventsOf(new Random(seed));
  const wanted = expected(events);
  expect(wanted.length).toBeGreaterThan(50);
  expect(alerts(events, null)).toEqual(wanted);
  expect(alerts(events, 1)).toEqual(wanted);
  expect(alerts(events, 17)).toEqual(wanted);
});
