/**
 * What the fuzzer does with one input: compiles it, shows what is said about it, and runs what was accepted. Everything
 * that a user could not do anything about is a fault: a crash, a hang, a message that points nowhere, a file that is
 * accepted and then cannot run.
 */

import { Random } from "../../base/random.ts";
import type { Value, ValueObject } from "../../base/value.ts";
import { compileRules } from "../../dsl/compile.ts";
import type { RuleSetPlan } from "../../dsl/plan.ts";
import { renderDiagnostic } from "../../dsl/source-frame.ts";
import { createEngine } from "../../engine/engine.ts";
import { setPath } from "../../rules/set-path.ts";
import { openMemoryStore } from "../../state/memory-store.ts";

const FILE = "fuzz.seq";
/** A hang: more than this for each beginning 64 KiB of text. */
const MS_PER_PIECE = 50;
const PIECE_LENGTH = 65_536;
/** The clock also counts what other processes and the garbage collector take: only what is slow again is a hang. */
const REPEATS = 4;

export interface Attempt {
  readonly accepted: boolean;
  /** What went wrong; null: nothing. */
  readonly fault: string | null;
}

export function attempt(text: string, seed: number): Attempt {
  let accepted = false;
  try {
    const { plan, diagnostics } = compileRules([{ file: FILE, text }]);
    accepted = plan !== null;
    const hasError = diagnostics.some(({ severity }) => severity === "error");
    if (accepted === hasError)
      return { accepted, fault: "a plan in spite of errors, or none without" };
    for (const diagnostic of diagnostics) {
      const { start, end } = diagnostic.span;
      if (start < 0 || start > end || end > text.length) {
        return { accepted, fault: `${diagnostic.code} points outside of the text` };
      }
      renderDiagnostic(diagnostic, text);
    }
    if (plan !== null) run(plan, text, seed);
  } catch (error) {
    return { accepted, fault: (error as Error).stack ?? String(error) };
  }
  return { accepted, fault: null };
}

/** Milliseconds that compiling takes beyond what it may; 0 where it is fast enough. The least of several tries. */
export function excessMs(text: string): number {
  const allowed = MS_PER_PIECE * Math.max(1, Math.ceil(text.length / PIECE_LENGTH));
  let least = Number.POSITIVE_INFINITY;
  for (let tries = 0; tries < REPEATS && least > allowed; tries++) {
    const before = process.cpuUsage();
    compileRules([{ file: FILE, text }]);
    const { user, system } = process.cpuUsage(before);
    least = Math.min(least, (user + system) / 1000);
  }
  return Math.max(0, least - allowed);
}

const EVENTS = 8;
const START_MS = Date.UTC(2024, 0, 1);

/** Gives an engine of the plan a few events with the names and values of the text, and restarts it in between. */
function run(plan: RuleSetPlan, text: string, seed: number): void {
  const random = new Random(seed);
  const names = [...new Set(text.match(/[a-z_]\w*/gi) ?? ["a"])].slice(0, 200);
  const texts = (text.match(/"[^"\n]*"/g) ?? ['""']).map((quoted) => quoted.slice(1, -1));
  const store = openMemoryStore();
  const options = { codegen: random.chance(0.5), index: random.chance(0.5) };
  let engine = createEngine(plan, options, store);
  const claim = () => plan.streams.map(({ name }) => engine.feed(name, "fuzz", { broker: false }));
  let feeds = claim();
  for (let i = 0; i < EVENTS; i++) {
    for (const [place, feed] of feeds.entries()) {
      const timeMs = START_MS + i * random.pick([0, 1, 1000, 60_000]);
      const stream = plan.streams[place];
      const data = dataOf(names, texts, random);
      const at = stream?.time ?? null;
      const timed = at === null ? data : setPath(data, at.path, random.chance(0.9) ? timeMs : "x");
      engine.accept(feed, i, 0, timeMs, timed);
    }
    if (i === EVENTS / 2) {
      engine.takeOutputs();
      store.commit(engine.takeChanges());
      engine = createEngine(plan, options, store);
      feeds = claim();
    }
  }
  engine.tick(START_MS + 3_600_000);
  engine.advance(START_MS + 7_200_000);
  engine.takeOutputs();
  store.commit(engine.takeChanges());
}

function dataOf(names: readonly string[], texts: readonly string[], random: Random): ValueObject {
  const fields: [string, Value][] = [];
  for (let i = random.below(30); i > 0; i--)
    fields.push([random.pick(names), fieldValue(texts, random)]);
  return Object.fromEntries(fields);
}

function fieldValue(texts: readonly string[], random: Random): Value {
  switch (random.below(8)) {
    case 0:
      return null;
    case 1:
      return random.chance(0.5);
    case 2:
      return random.below(10);
    case 3:
      return [random.pick(texts), random.below(3), null];
    case 4:
      return { lat: random.below(90), lon: random.below(90), name: random.pick(texts) };
    case 5:
      return 9007199254740993n;
    default:
      return random.pick(texts);
  }
}
