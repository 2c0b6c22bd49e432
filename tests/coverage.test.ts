/**
 * Matchers that note coverage find what the others find, on the oracle's generated pairs; and every step of which an
 * alert shows an event counts as reached.
 */

import { expect, test } from "@jest/globals";
import { compileRules } from "../dsl/compile.ts";
import { createEngine } from "../engine/engine.ts";
import type { EngineOptions } from "../engine/options.ts";
import type { Alert } from "../engine/outputs.ts";
import { Coverage } from "../rules/coverage/coverage.ts";
import { type Case, generateCase } from "./oracle/generate.ts";
import { renderPattern } from "./oracle/render.ts";

const PAIRS = 120;

function alertsOf(
  plan: NonNullable<ReturnType<typeof compileRules>["plan"]>,
  { pattern, events }: Case,
  options: EngineOptions,
): readonly Alert[] {
  const engine = createEngine(plan, options);
  const feedOf = (stream: string) => engine.feed(stream, stream, { broker: false });
  for (const stream of pattern.streams) feedOf(stream);
  for (const event of events) {
    engine.accept(feedOf(event.stream), event.seq, event.index, null, event.data);
  }
  for (const stream of pattern.streams) engine.endFeed(feedOf(stream));
  engine.flush();
  return engine.takeOutputs().flatMap((output) => (output.kind === "alert" ? [output.alert] : []));
}

test(`${PAIRS} pairs, with coverage and without`, () => {
  const reachedKinds = new Map<string, number>();
  for (let seed = 1; seed <= PAIRS; seed++) {
    const pair = generateCase(seed, seed % 4 === 0 ? "core" : "full");
    const files = [{ file: "case.seq", text: renderPattern(pair.pattern) }];
    const { plan } = compileRules(files);
    if (plan === null) throw new Error(`seed ${seed} does not compile`);
    const coverage = new Coverage(plan, files);
    const createMatcher = coverage.matchers(plan.rules.map(({ name }) => name));
    const plain = alertsOf(plan, pair, {});
    const noted = alertsOf(plan, pair, { createMatcher });
    expect({ seed, alerts: noted }).toEqual({ seed, alerts: plain });
    const sites = coverage.report().flatMap((rule) => rule.sites);
    const reached = sites.filter(({ tests }) => tests > 0);
    const steps = new Set(plain.flatMap(({ events }) => Object.keys(events)));
    for (const step of steps) {
      const found = reached.some(
        ({ kind, text }) => kind === "taken" && text.startsWith(`\`${step}\``),
      );
      expect({ seed, step, found }).toEqual({ seed, step, found: true });
    }
    for (const { kind } of reached) reachedKinds.set(kind, (reachedKinds.get(kind) ?? 0) + 1);
  }
  // The pairs were not idle.
  for (const kind of ["taken", "passed", "alternative", "forbidden", "until", "having true"]) {
    expect({ kind, often: (reachedKinds.get(kind) ?? 0) > 4 }).toEqual({ kind, often: true });
  }
});
