/** Large windows and long silences in the store: what a commit writes, what is left, what a reload of a table does. */

import { expect, test } from "@jest/globals";
import type { Value, ValueObject } from "../../base/value.ts";
import { createEngine, type Engine } from "../../engine/engine.ts";
import type { Alert } from "../../engine/outputs.ts";
import { RuleData } from "../../engine/rule-data.ts";
import { openMemoryStore } from "../../state/memory-store.ts";
import type { StoreChange } from "../../state/store.ts";
import { compiled } from "./drive.ts";

const STREAM = 'stream s from "s.>" { time at unit ms }\ntable devices from "d.csv" key device\n';

/** An engine with one stream, its store, and restarts. */
class Bench {
  readonly #plan;
  readonly #store = openMemoryStore();
  readonly data: RuleData;
  #engine: Engine;
  #seq = 0;

  constructor(rule: string) {
    this.#plan = compiled(`${STREAM}rule r "R" { severity low ${rule} }`);
    this.data = new RuleData(this.#plan, new Map());
    this.#engine = this.#open();
  }

  #open(): Engine {
    const engine = createEngine(this.#plan, { data: this.data }, this.#store);
    engine.feed("s", "s", { broker: false });
    return engine;
  }

  restart(): void {
    this.#engine = this.#open();
  }

  take(data: ValueObject): readonly Alert[] {
    const feed = this.#engine.feed("s", "s", { broker: false });
    this.#engine.accept(feed, ++this.#seq, 0, null, data);
    return this.alerts();
  }

  advance(timeMs: number): readonly Alert[] {
    this.#engine.advance(timeMs);
    return this.alerts();
  }

  alerts(): readonly Alert[] {
    return this.#engine
      .takeOutputs()
      .flatMap((output) => (output.kind === "alert" ? [output.alert] : []));
  }

  /** Restores what nobody asked for. */
  load(): void {
    let left = true;
    while (left) left = this.#engine.loadSlice(7);
  }

  commit(): readonly StoreChange[] {
    const changes = this.#engine.takeChanges();
    this.#store.commit(changes);
    return changes.filter(({ space }) => space === "slots");
  }

  slots(): number {
    return [...this.#store.scan("slots")].length;
  }

  open(): number | undefined {
    return this.#engine.status().rules[0]?.openRuns;
  }
}

const WINDOW = `window 10m by k over e: s having count() > 100000 or max(e.v) > 5000
  alert "R" { count: count(), sum: sum(e.v), avg: avg(e.v), least: min(e.v), most: max(e.v), kinds: distinct(e.v) }`;

test("W-5 a commit writes what came since the last one, not the window", () => {
  const bench = new Bench(WINDOW);
  let bytes = 0;
  for (let i = 0; i < 3000; i++) {
    bench.take({ at: i * 100, k: "a", v: i % 700 });
    if (i % 10 > 0) continue;
    for (const { value } of bench.commit()) if (i > 2500) bytes += value?.length ?? 0;
    if (i % 250 === 0) bench.restart();
  }
  // 3,000 cells of 100 ms, and the newest 1,000 events.
  expect(bench.slots()).toBeGreaterThan(20);
  expect(bytes / 50).toBeLessThan(20_000);
  // Of the first cells all is left.
  const [alert] = bench.take({ at: 700_000, k: "a", v: 6000 });
  const rest = Array.from({ length: 2000 }, (_, i) => (i + 1000) % 700);
  const sum = rest.reduce((a, b) => a + b, 0) + 6000;
  expect(alert?.data).toEqual({
    count: 2001,
    sum,
    avg: sum / 2001,
    least: 0,
    most: 6000,
    kinds: 701,
  });
  expect(alert).toMatchObject({ start: "1970-01-01T00:01:40Z", truncated: 1901 });
  expect(alert?.events["e"]?.length).toBe(100);
  bench.commit();
  bench.advance(1_300_001);
  bench.commit();
  // The condition was found true; it is remembered until it is found false (W-1).
  expect([bench.slots(), bench.open()]).toEqual([1, 0]);
  bench.restart();
  expect(bench.take({ at: 2_000_000, k: "a", v: 7000 })).toEqual([]);
  expect(bench.take({ at: 3_000_000, k: "a", v: 1 })).toEqual([]);
  expect(bench.take({ at: 4_000_000, k: "a", v: 7000 })).toHaveLength(1);
  expect(bench.take({ at: 5_000_000, k: "a", v: 1 })).toEqual([]);
  bench.advance(9_000_000);
  bench.commit();
  expect([bench.slots(), bench.open()]).toEqual([0, 0]);
});

test("W-5 windows that close as a whole keep a constant state", () => {
  for (const shape of ["every 1h", "gap 1h"]) {
    const bench = new Bench(`window ${shape} by all over e: s having count() >= 1
      alert "R" { count: count(), sum: sum(e.v), avg: avg(e.v), least: min(e.v), most: max(e.v) }`);
    for (let i = 0; i < 2000; i++) bench.take({ at: i * 1000, v: 2000 - i });
    // 1,000 events are kept as evidence, in parts of 32.
    const written = bench.commit();
    expect(written.length).toBeLessThan(35);
    bench.restart();
    const [alert] = bench.advance(10 * 3_600_000);
    expect(alert?.data).toEqual({ count: 2000, sum: 2_001_000, avg: 1000.5, least: 1, most: 2000 });
    expect(alert).toMatchObject({ start: "1970-01-01T00:00:00Z", truncated: 1900 });
    bench.commit();
    expect(bench.slots()).toBe(0);
  }
});

test("a window of a key that comes back takes nothing over from an earlier one", () => {
  const bench = new Bench("window 1m by k over e: s having count(e) >= 300");
  for (const from of [0, 10_000_000]) {
    for (let i = 0; i < 300; i++) {
      const alerts = bench.take({ at: from + i * 100, k: "a" });
      expect(alerts.length).toBe(i === 299 ? 1 : 0);
      if (i === 150) bench.commit();
    }
    bench.commit();
    bench.restart();
  }
  bench.advance(20_000_000);
  bench.load();
  bench.commit();
  expect(bench.slots()).toBe(0);
});

function tableOf(...keys: readonly Value[]): Parameters<RuleData["replace"]>[1] {
  return { kind: "table", rows: keys.map((key) => ({ key, row: { device: key } })) };
}

test("E-2 rows that come are awaited from then on, and rows that go retire", () => {
  const bench = new Bench(`expect s by k every 10s from devices
    on recovered alert "back"`);
  const told = (alerts: readonly Alert[]): readonly string[] =>
    alerts.map(({ kind, key, time }) => `${kind} ${String(key["k"])} ${time.slice(17, 19)}`);
  bench.data.replace("devices", tableOf("a", "b", "c"));
  expect(told(bench.take({ at: 0, k: "a" }))).toEqual([]);
  bench.commit();
  // Seen with the next event: `d` begins at 5 s, `b` retires.
  bench.data.replace("devices", tableOf("a", "c", "d"));
  bench.restart();
  expect(told(bench.take({ at: 5000, k: "a" }))).toEqual([]);
  bench.commit();
  bench.restart();
  expect(told(bench.advance(15_001))).toEqual(["missing c 10", "missing a 15", "missing d 15"]);
  expect(told(bench.take({ at: 16_000, k: "d" }))).toEqual(["recovered d 16"]);
  // What is not in the table is awaited once it was heard of.
  expect(told(bench.take({ at: 17_000, k: "b" }))).toEqual([]);
  bench.data.replace("devices", tableOf("b"));
  expect(told(bench.take({ at: 18_000, k: "b" }))).toEqual([]);
  bench.commit();
  expect([bench.slots(), bench.open()]).toEqual([1, 1]);
  bench.data.replace("devices", tableOf());
  expect(told(bench.advance(60_000))).toEqual([]);
});

test("E-1 a key that is missing is forgotten where nobody asks whether it comes back", () => {
  const bench = new Bench("expect s by k every 10s");
  bench.take({ at: 0, k: "a" });
  bench.commit();
  expect(bench.advance(10_000)).toEqual([]);
  expect(bench.advance(10_001)).toHaveLength(1);
  bench.commit();
  expect([bench.slots(), bench.open()]).toEqual([0, 0]);
  expect(bench.take({ at: 20_000, k: "a" })).toEqual([]);
  expect(bench.advance(40_000).map(({ time }) => time)).toEqual(["1970-01-01T00:00:30Z"]);
});
