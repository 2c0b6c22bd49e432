/** Restoring while events come decides the same as having everything in memory, whatever is asked for when. */

import { expect, test } from "@jest/globals";
import { Random } from "../../base/random.ts";
import type { RuleSetPlan } from "../../dsl/plan.ts";
import { openMemoryStore } from "../../state/memory-store.ts";
import { createEngine, type Engine } from "../engine.ts";
import { compile } from "../library.ts";
import { SPACES } from "./keys.ts";
import { StoredEntries } from "./stored-entries.ts";

const RULES = `
stream s from "s.>" { time at unit ms  id n within 3s }
event A = s where t == "a"
event B = s where t == "b"
event C = s where t == "c"
rule forgets "pair" { severity low match all by k within 2s { a: A then b: B } once per k every 4s }
rule few "pair" { severity low match by k within 9s { a: A then b: B } limit 6 open }
rule absent "no b" { severity low match by k within 1s { a: A then no B } }
rule longest "run" { severity low match longest by k within 2s { a: A then bs: 1+ B } }
rule late "timed out" { severity low match by k within 1s { a: A then b: B then c: C } on timeout after b alert "late" }
rule before "no c before" { severity low match by k within 5s { no C within 3s then a: A then b: B } }
rule slides "many" { severity low window 3s by k over e: s having count() >= 3 }
rule found "some" { severity low window 3s by k over e: A having count() >= 1 }
rule closes "closed" { severity low window every 2s by k over e: s having count() >= 2 }
rule silent "silent" { severity low expect B by k every 3s on recovered alert "back" }
`;

function plan(): RuleSetPlan {
  const { rules, diagnostics } = compile(RULES);
  expect(diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
  if (rules === null) throw new Error("the rules compile");
  return rules;
}

interface Way {
  /** Chance of a restart after a commit. */
  readonly restarts: number;
  /** Entries restored after each event, at most. */
  readonly slice: number;
}

function run(rules: RuleSetPlan, seed: number, { restarts, slice }: Way) {
  const random = new Random(seed);
  const chance = new Random(seed + 1000);
  const store = openMemoryStore();
  const texts: string[] = [];
  const open = (): Engine => {
    const engine = createEngine(rules, { codegen: false }, store);
    engine.feed("s", "s", { broker: false });
    return engine;
  };
  const commit = (): void => {
    for (const { kind, text } of engine.takeOutputs()) texts.push(`${kind} ${text}`);
    store.commit(engine.takeChanges());
  };
  let engine = open();
  for (let n = 1, at = 1000; n <= 160; n++) {
    at += random.below(random.chance(0.05) ? 3000 : 60);
    const data = {
      at,
      n: random.chance(0.1) ? `${n - 1}` : `${n}`,
      t: random.pick(["a", "a", "b", "c", "x"]),
      k: `k${random.below(12)}`,
    };
    engine.accept(engine.feed("s", "s", { broker: false }), n, 0, null, data);
    if (slice > 0) engine.loadSlice(1 + chance.below(slice));
    commit();
    if (chance.chance(restarts)) engine = open();
  }
  engine.flush();
  commit();
  const left = Object.values(SPACES).flatMap((space) =>
    space === "meta" ? [] : [...store.scan(space)].map(() => space),
  );
  return { texts, left };
}

test("alerts and meta-alerts are the same however late the state is restored", () => {
  const rules = plan();
  for (let seed = 1; seed <= 2; seed++) {
    const straight = run(rules, seed, { restarts: 0, slice: 0 });
    for (const { name } of rules.rules) {
      if (seed > 1) break;
      expect(
        straight.texts.filter((text) => text.includes(`"rule":"${name}"`)).length,
      ).toBeGreaterThan(0);
    }
    for (const way of [
      { restarts: 0.1, slice: 0 },
      { restarts: 0.1, slice: 9 },
    ]) {
      const restarted = run(rules, seed, way);
      expect(restarted.texts).toEqual(straight.texts);
      expect(restarted.left.filter((space) => space === "slots" || space === "due")).toEqual(
        straight.left.filter((space) => space === "slots" || space === "due"),
      );
    }
  }
});

test("parts of a text come back together, whatever the size of a slice", () => {
  const store = openMemoryStore();
  const texts = ["a", "b", "c", "d"];
  const found = new Map<string, number[]>();
  const key = (text: string, part: number) =>
    Uint8Array.of(0, 0, 0, 7, ...textBytes(text), ...(part > 0 ? [part] : []));
  const textBytes = (text: string): number[] => [
    0,
    0,
    text.length & 127,
    ...[...text].map((c) => c.charCodeAt(0)),
  ];
  store.commit(
    texts.flatMap((text) =>
      [0, 1, 2, 3, 4].map((part) => ({
        space: SPACES.slots,
        key: key(text, part),
        value: Uint8Array.of(part),
      })),
    ),
  );
  for (let slice = 1; slice <= 16; slice++) {
    found.clear();
    let done = 0;
    const entries = new StoredEntries(store, {
      space: SPACES.slots,
      number: 7,
      parts: "many",
      restore: (text, values) => {
        expect(found.has(text)).toBe(false);
        found.set(
          text,
          values.map(({ part }) => part),
        );
      },
      done: () => done++,
    });
    if (slice % 2 === 0)
      expect([entries.recall("b"), entries.recall("b"), entries.recall("z")]).toEqual([
        true,
        false,
        false,
      ]);
    while (!entries.isDone) entries.load(slice);
    expect(done).toBe(1);
    expect([...found].sort()).toEqual(texts.map((text) => [text, [0, 1, 2, 3, 4]]));
  }
});
