/** Warm start and replay: a rule that another engine has warmed up from history decides as if it had always run. */

import { expect, test } from "@jest/globals";
import { Random } from "../../base/random.ts";
import type { Value, ValueObject } from "../../base/value.ts";
import type { RuleSetPlan } from "../../dsl/plan.ts";
import { createEngine, type Engine, type Output } from "../../engine/engine.ts";
import { RuleData } from "../../engine/rule-data.ts";
import { openMemoryStore } from "../../state/memory-store.ts";
import type { Store } from "../../state/store.ts";
import { compileSet } from "./reload-run.ts";

const START_MS = 946_684_800_000;

const STREAMS = `stream s from "x.s" { time at  delay 2s }
stream s2 from "x.s2" { time at }
`;

const PAIR = `rule pair "A pair" { severity low
  match by k within 20s { a: s where t == "A"  then b: s or s2 where t == "B" }
  once per k every 15s }
`;
const WARM: readonly string[] = [
  PAIR.replace("A pair", "Another").replace("20s", "30s"),
  `rule burst "A burst" { severity low window 10s by k over s where t == "A" having count() >= 3 and sum(n) > 2 }\n`,
  `rule silent "Silent" { severity low expect s by k every 8s on recovered alert "back" }\n`,
  `rule over "Over alerts" { severity low match by k within 1m { x: low  then y: low } }\n`,
];
const LOW = `rule low "Below" { severity low match by k within 30s { a: s where t == "A"  then b: s where t == "B" } }\n`;

const BEFORE = STREAMS + PAIR + LOW;
const AFTER = `stream s0 from "x.s0" { time at }\n${STREAMS}${WARM.join("")}${LOW}`;
/** The streams have other places than in the live set, in the same order. */
const SUBSET = STREAMS + WARM.join("") + LOW;
const NAMES = ["pair", "burst", "silent", "over"];

interface Event {
  readonly stream: string;
  readonly seq: number;
  readonly data: ValueObject;
}

function eventsOf(random: Random, count: number): readonly Event[] {
  let timeMs = START_MS;
  return Array.from({ length: count }, (_, i): Event => {
    timeMs += random.below(1500);
    const fields: [string, Value][] = [
      ["at", timeMs - random.below(1500)],
      ["t", random.pick(["A", "A", "B", "C"])],
      ["k", random.pick(["x", "y", "z"])],
      ["n", random.below(4)],
    ];
    const stream = random.chance(0.7) ? "s" : "s2";
    const at = stream === "s" ? fields[0]?.[1] : timeMs;
    return { stream, seq: i + 1, data: Object.fromEntries([...fields, ["at", at ?? 0]]) };
  });
}

class Live {
  readonly outputs: Output[] = [];
  readonly store: Store = openMemoryStore();
  engine: Engine;
  #plan: RuleSetPlan;

  constructor(text: string) {
    this.#plan = compileSet(text);
    this.engine = this.#open();
  }

  #open(): Engine {
    const data = new RuleData(this.#plan, new Map());
    const draining = this.engine?.draining().map(({ plan }) => plan) ?? [];
    const engine = createEngine(this.#plan, { data, draining }, this.store);
    for (const name of ["s", "s2"]) engine.feed(name, name, { broker: false });
    return engine;
  }

  take({ stream, seq, data }: Event): void {
    this.engine.accept(this.engine.feed(stream, stream, { broker: false }), seq, 0, null, data);
    this.commit();
  }

  commit(): void {
    this.outputs.push(...this.engine.takeOutputs());
    this.store.commit(this.engine.takeChanges());
  }

  reload(text: string, warm: Engine): void {
    const next = compileSet(text);
    const choices = new Map([["pair", "replay"]] as const);
    const reload = this.engine.planReload(next, choices);
    expect(reload.rules.map(({ rule, verdict }) => [rule, verdict])).toEqual([
      ["burst", "new"],
      ["low", "same"],
      ["over", "new"],
      ["pair", "replay"],
      ["silent", "new"],
    ]);
    expect(reload.rules.find(({ rule }) => rule === "pair")?.historyMs).toBe(45_000);
    this.#plan = next;
    this.engine.activate(new RuleData(next, new Map()), reload);
    this.engine.adopt(warm, NAMES);
    this.commit();
  }

  restart(): void {
    this.engine = this.#open();
  }

  finish(): readonly string[] {
    for (const name of ["s", "s2"])
      this.engine.endFeed(this.engine.feed(name, name, { broker: false }));
    this.engine.flush();
    this.commit();
    return this.outputs.flatMap((output) =>
      output.kind === "alert" && NAMES.includes(output.alert.rule) ? [output.text] : [],
    );
  }
}

test("what is decided after a warm start is what the rule would have decided had it always run", () => {
  let decided = 0;
  for (let seed = 1; seed <= 20; seed++) {
    const random = new Random(seed);
    const events = eventsOf(random, 60);
    const at = 20 + random.below(30);
    const always = new Live(AFTER);
    const reloaded = new Live(BEFORE);
    const warm = createEngine(compileSet(SUBSET), {}, null);
    for (const name of ["s", "s2"]) warm.feed(name, name, { broker: false });
    for (const event of events.slice(0, at)) {
      always.take(event);
      reloaded.take(event);
      warm.accept(
        warm.feed(event.stream, event.stream, { broker: false }),
        event.seq,
        0,
        null,
        event.data,
      );
    }
    // Idle feeds and ticks are decisions of the live engine; the warm one knows nothing of them.
    if (seed % 3 === 0) {
      for (const live of [always, reloaded]) {
        live.engine.feedIdle(live.engine.feed("s2", "s2", { broker: false }), true);
        live.commit();
      }
    }
    const before = always.outputs.length;
    warm.takeOutputs();
    reloaded.outputs.length = 0;
    reloaded.reload(AFTER, warm);
    if (seed % 2 === 0) reloaded.restart();
    for (const [i, event] of events.slice(at).entries()) {
      always.take(event);
      reloaded.take(event);
      if (seed % 2 === 0 && i % 7 === 3) reloaded.restart();
    }
    const wanted = always.finish();
    const skipped = always.outputs
      .slice(0, before)
      .filter((output) => output.kind === "alert" && NAMES.includes(output.alert.rule)).length;
    const got = reloaded.finish();
    decided += got.length;
    expect([seed, ...got]).toEqual([seed, ...wanted.slice(skipped)]);
  }
  expect(decided).toBeGreaterThan(100);
});
