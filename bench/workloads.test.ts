/** Counts and hashes of W3, W5 to W8 and W10 against matchers of their own, written down plainly. Never times. */

import { expect, test } from "@jest/globals";
import { isObject, type Value } from "../base/value.ts";
import { Delayed } from "./delayed.ts";
import { MatchHash } from "./match-hash.ts";
import { newBatch } from "./records.ts";
import { variantOf } from "./run-spec.ts";
import {
  byKey,
  digest,
  digestOf,
  EVERYTHING,
  firstFitting,
  once,
  type Row,
  rowsOfVariant,
  run,
} from "./testing/runs.ts";
import { DELAY_MS } from "./w5/w5.ts";
import { W7 } from "./w7/w7.ts";
import type { Atom } from "./w10/atoms.ts";
import { w10Rules } from "./w10/rules.ts";
import { W10 } from "./w10/w10.ts";

/** Every way to choose an A, one or more of the Bs behind it, and a C. */
function trends(own: readonly Row[]): readonly (readonly Row[])[] {
  const found: (readonly Row[])[] = [];
  own.forEach((a, i) => {
    if (a.type !== 1) return;
    let chosen: (readonly Row[])[] = [[a]];
    for (const row of own.slice(i + 1)) {
      if (row.ts > a.ts + 600_000) break;
      if (row.type === 2) chosen = [...chosen, ...chosen.map((rows) => [...rows, row])];
      if (row.type !== 3) continue;
      for (const rows of chosen) if (rows.length > 1) found.push([...rows, row]);
    }
  });
  return found;
}

test("W3 finds every trend, and the rule over them counts the same", () => {
  const size = { events: 20_000, seed: 3, keys: 20 };
  const options = { ...EVERYTHING, candidates: [3] };
  const rows = rowsOfVariant("W3", "all.b3", size, options);
  const found = byKey(rows).flatMap(trends);
  expect(found.length).toBeGreaterThan(1000);
  const sum = new MatchHash();
  for (const events of found) sum.add(0, ...spanOf(events), elementsOf(events));
  const all = run("W3", "all.b3", size, { options });
  expect(all.tally.dropped).toBe(0);
  expect(all).toMatchObject(digestOf(sum));
  expect(run("W3", "all.b3", size, { mode: "json", options }).hash).toBe(all.hash);

  // The second rule: by name it is the first, and its windows are the seconds in which trends were complete.
  const both = new MatchHash();
  for (const events of found) both.add(1, ...spanOf(events), null);
  const seconds = new Map<string, number[]>();
  for (const events of found) {
    const [key, , last] = spanOf(events);
    const name = `${key} ${Math.floor(last / 1000)}`;
    seconds.set(name, [...(seconds.get(name) ?? []), last]);
  }
  for (const [name, times] of seconds) {
    const [key = 0, second = 0] = name.split(" ").map(Number);
    both.add(0, key, Math.min(...times), (second + 1) * 1000, null);
  }
  const count = run("W3", "count.b3", size, { options });
  expect({ count: count.count, hash: count.hash }).toEqual({ count: both.count, hash: both.hash });
});

function spanOf(events: readonly Row[]): [key: number, firstMs: number, lastMs: number] {
  const first = events[0] as Row;
  return [first.key, first.ts, (events[events.length - 1] as Row).ts];
}

function elementsOf(events: readonly Row[]) {
  return events.map(({ type, ts }) => ({ element: type - 1, timeMs: ts }));
}

test("W5 finds what W1 does without the events that are late", () => {
  const size = { events: 50_000, seed: 1, keys: 300 };
  const arrived = rowsOfVariant("W5", "all", size);
  const sent = rowsOfVariant("W1", "all", size);
  const byTime = [...arrived].sort((a, b) => a.ts - b.ts);
  expect(byTime).toEqual(sent);
  expect(arrived).not.toEqual(sent);
  let greatestMs = 0;
  const inTime = arrived.filter(({ ts }) => {
    greatestMs = Math.max(greatestMs, ts);
    return ts >= greatestMs - DELAY_MS;
  });
  const late = arrived.length - inTime.length;
  expect(late).toBeGreaterThan(0);
  const steps = [1, 2, 3].map((type) => (row: Row) => row.type === type && row.x > 0.5);
  const ordered = inTime.sort((a, b) => a.ts - b.ts);
  const found = run("W5", "all", size, {});
  expect(found).toMatchObject({ ...digest(firstFitting(ordered, steps, 300_000)), late });
});

test("W6 a: an order that nothing follows for 30 minutes", () => {
  const size = { events: 20_000, seed: 6, keys: 1 };
  const sum = new MatchHash();
  for (const own of byKey(rowsOfVariant("W6", "a", size))) {
    const [order, payment] = own as [Row, Row | undefined];
    expect(order.type).toBe(1);
    if (payment !== undefined && payment.ts <= order.ts + 1_800_000) continue;
    sum.add(0, order.key, order.ts, order.ts + 1_800_000, [{ element: 0, timeMs: order.ts }]);
  }
  expect(sum.count).toBeGreaterThan(1000);
  expect(run("W6", "a", size, {})).toMatchObject(digestOf(sum));
  expect(run("W6", "a", size, { mode: "json" })).toMatchObject(digestOf(sum));
});

test("W6 b: a device that is silent for 90 seconds", () => {
  const size = { events: 20_000, seed: 6, keys: 700 };
  const sum = new MatchHash();
  for (const own of byKey(rowsOfVariant("W6", "b", size))) {
    own.forEach(({ key, ts }, i) => {
      const next = own[i + 1];
      if (next !== undefined && next.ts <= ts + 90_000) return;
      sum.add(0, key, ts, ts + 90_000, [{ element: 0, timeMs: ts }]);
    });
  }
  expect(sum.count).toBeGreaterThan(800);
  expect(run("W6", "b", size, {})).toMatchObject(digestOf(sum));
});

/** The matches of a rule of W7, by its text. */
function foundBy(text: string, rows: readonly Row[]): readonly (readonly Row[])[] {
  const [, low, high] = /x >= ([0-9.]+) and x < ([0-9.]+)/.exec(text)?.map(Number) ?? [];
  if (low !== undefined && high !== undefined)
    return rows.flatMap((row) => (row.x >= low && row.x < high ? [[row]] : []));
  const [, a, x = 0] = /a == ([0-9]+) and x > ([0-9.]+)/.exec(text)?.map(Number) ?? [];
  const starts = (row: Row): boolean => row.a === a && row.x > x;
  const [, b] = / b == ([0-9]+)/.exec(text)?.map(Number) ?? [];
  if (b === undefined) return rows.filter(starts).map((row) => [row]);
  return once(firstFitting(rows, [starts, (row) => row.b === b], 600_000));
}

test.each(["a", "b", "c"])("W7 %s finds for each rule what its text says", (kind) => {
  const size = { events: 5000, seed: 7, keys: 50 };
  const options = { ...EVERYTHING, rules: [300] };
  const { rules } = variantOf(W7, `${kind}.r300`, options);
  const rows = rowsOfVariant("W7", `${kind}.r300`, size, options);
  const texts = [...rules.join("\n").matchAll(/rule (\S+) [^}]*?(match [^\n]*)/g)]
    .map(([, rule = "", text = ""]) => ({ rule, text }))
    .sort((a, b) => (a.rule < b.rule ? -1 : 1));
  expect(texts).toHaveLength(300);
  const sum = new MatchHash();
  texts.forEach(({ text }, index) => {
    for (const events of foundBy(text, rows)) {
      const [key, first, last] = spanOf(events);
      const hashed = events.map(({ ts }, element) => ({ element, timeMs: ts }));
      sum.add(index, text.includes("by all") ? 0 : key, first, last, hashed);
    }
  });
  expect(sum.count).toBeGreaterThan(20);
  expect(run("W7", `${kind}.r300`, size, { options })).toMatchObject(digestOf(sum));
});

/** The times at which the condition turns true, judged at every event of a key. */
function turns(own: readonly Row[], holds: (window: readonly Row[]) => boolean): readonly Row[] {
  let before = false;
  return own.filter(({ ts }, i) => {
    const now = holds(own.slice(0, i + 1).filter((row) => row.ts >= ts - 600_000));
    const turned = now && !before;
    before = now;
    return turned;
  });
}

test.each(["even", "zipf"])("W8 %s finds what its rules say", (variant) => {
  const size = { events: 20_000, seed: 8, keys: 2000 };
  const rows = rowsOfVariant("W8", variant, size);
  const fits = [1, 2, 3].map((type) => (row: Row) => row.type === type && row.x > 0.5);
  const sum = new MatchHash();
  for (const events of firstFitting(rows, fits, 300_000)) sum.add(0, ...spanOf(events), null);
  byKey(rows).forEach((own) => {
    const first = own[0] as Row;
    const fourth = own.filter(({ type }) => type === 4);
    for (const { key, ts } of turns(fourth, (window) => window.length >= 5))
      sum.add(1, key, (fourth[0] as Row).ts, ts, null);
    for (const { key, ts } of turns(own, (window) => new Set(window.map(({ a }) => a)).size >= 3))
      sum.add(2, key, first.ts, ts, null);
  });
  expect(sum.count).toBeGreaterThan(1000);
  const found = run("W8", variant, size, {});
  expect({ count: found.count, hash: found.hash }).toEqual({ count: sum.count, hash: sum.hash });
});

test("`window` finds its count once", () => {
  const size = { events: 6000, seed: 24, keys: 0 };
  const rows = rowsOfVariant("WINDOW", "day", size);
  const inDay = rows.filter(({ ts }) => ts <= (rows[0] as Row).ts + 86_400_000);
  expect(inDay.length).toBeGreaterThan(4990);
  const sum = new MatchHash();
  sum.add(0, 0, (rows[0] as Row).ts, (rows[999] as Row).ts, null);
  const found = run("WINDOW", "day", size, {});
  expect({ count: found.count, hash: found.hash }).toEqual({ count: 1, hash: sum.hash });
});

test("what was planned for later comes in the order of its times", () => {
  const delayed = new Delayed();
  const times = Array.from({ length: 3000 }, (_, i) => (i * 7919) % 1000);
  times.forEach((timeMs, id) => {
    delayed.push(timeMs, id);
  });
  const sorted = times.map((timeMs, id) => ({ timeMs, id }));
  sorted.sort((a, b) => a.timeMs - b.timeMs || a.id - b.id);
  const taken = sorted.map(() => ({ timeMs: delayed.nextMs, id: delayed.pop() }));
  expect(taken).toEqual(sorted);
  expect(delayed.nextMs).toBe(Number.POSITIVE_INFINITY);
});

type Field = string | number | bigint | undefined;

/** Null: unknown, for the field is missing. */
function fits(atom: Atom, value: Field): boolean | null {
  if (!("values" in atom || "range" in atom))
    return (value !== undefined) === (atom.kind === "exists");
  if (value === undefined) return null;
  const text = String(value).toLowerCase();
  if ("range" in atom) return text.startsWith(atom.range.replace("0.0/16", ""));
  return atom.values.some((one) => fitsOne(atom, value, text, one));
}

function fitsOne(atom: Atom, value: Field, text: string, one: string | number): boolean {
  const wanted = String(one).toLowerCase();
  if (atom.kind === "equals") return atom.folded ? text === wanted : value === one;
  if (atom.kind === "contains") return text.includes(wanted);
  if (atom.kind === "starts with") return text.startsWith(wanted);
  if (atom.kind === "ends with") return text.endsWith(wanted);
  // Wildcards: `*x`, `*x*` and `*x*y`.
  const [, middle = "", end] = wanted.split("*");
  if (end === undefined) return text.endsWith(middle);
  const at = text.indexOf(middle);
  return at >= 0 && text.slice(at + middle.length).endsWith(end);
}

/** The fields by dotted names, whichever form the event has. */
function flat(value: Value, prefix = ""): readonly [string, Value][] {
  if (!isObject(value)) return [[prefix.slice(1), value]];
  return Object.entries(value).flatMap(([name, part]) => flat(part, `${prefix}.${name}`));
}

test("W10 finds for each rule what its atoms say, in every form of the engine", () => {
  const size = { events: 1500, seed: 10, keys: 0 };
  const options = { ...EVERYTHING, rules: [120] };
  const source = variantOf(W10, "r120", options).open(size);
  const batch = newBatch(size.events);
  source.fill(batch);
  const sum = new MatchHash();
  for (let i = 0; i < size.events; i++) {
    const fields = new Map(flat(W10.dataOf(batch, i)));
    const ts = batch.ts[i] as number;
    const holds = (atom: Atom) => fits(atom, fields.get(atom.field) as Field);
    w10Rules(120).forEach(({ positive, negative }, rule) => {
      if (!positive.every((atom) => holds(atom) === true)) return;
      if (!negative.flat().every((atom) => holds(atom) === false)) return;
      sum.add(rule, 0, ts, ts, [{ element: 0, timeMs: ts }]);
    });
  }
  expect(sum.count).toBeGreaterThan(10);
  for (const form of ["", ".linear", ".interpreted"])
    expect(run("W10", `r120${form}`, size, { mode: "json", options })).toMatchObject(digestOf(sum));
});
