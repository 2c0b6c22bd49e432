/**
 * The sources of one rule (M-1), each once: steps that name the same source with the same keys share it. Owns the table
 * that becomes `sources` of the plan.
 */

import type { Keys, Sources as SourceNames } from "./ast.ts";
import { canonicalText } from "./canonical.ts";
import { keyValues } from "./keys.ts";
import type { SourcePlan } from "./plan.ts";
import type { Checking } from "./scope.ts";
import type { SourceSight, Sources } from "./source.ts";
import type { Shape } from "./type.ts";

/** The sources of a step. */
export interface StepSources {
  readonly indexes: readonly number[];
  readonly shapes: readonly Shape[];
  readonly sights: readonly SourceSight[];
}

export class SourceTable {
  readonly #checking: Checking;
  readonly #sources: Sources;
  readonly #plans: SourcePlan[] = [];
  readonly #index = new Map<string, number>();
  /** Names of what is read, each once: streams, and rules. */
  readonly read = new Set<string>();

  constructor(checking: Checking, sources: Sources) {
    this.#checking = checking;
    this.#sources = sources;
  }

  get plans(): readonly SourcePlan[] {
    return this.#plans;
  }

  /** Adds the sources under the keys; `by` is null where the match's is missing. */
  add(names: SourceNames, by: Keys | null): StepSources {
    const sights = names.names.map((name) => this.#sources.resolve(name));
    const indexes = sights.map((sight) => this.#enter(sight, by));
    return {
      indexes: [...new Set(indexes)],
      // Of a broken source nothing is known.
      shapes: sights.map((sight) =>
        sight.broken ? { ...sight.shape, fields: null } : sight.shape,
      ),
      sights,
    };
  }

  #enter(sight: SourceSight, by: Keys | null): number {
    this.read.add(sight.stream);
    const shape = sight.broken ? { ...sight.shape, fields: null } : sight.shape;
    const keys = by === null ? [] : (keyValues(by, shape, this.#checking) ?? []);
    const nullable = by === null ? [] : by.keys.map((key) => key.nullable);
    const plan: SourcePlan = { stream: sight.stream, filter: sight.filter, keys, nullable };
    const text = canonicalText(plan);
    const known = this.#index.get(text);
    if (known !== undefined) return known;
    this.#index.set(text, this.#plans.length);
    this.#plans.push(plan);
    return this.#plans.length - 1;
  }
}
