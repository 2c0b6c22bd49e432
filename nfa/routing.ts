/**
 * Routing (M-1, M-2): which keys of a rule an event belongs to, and which steps and `no`s it fits there as far as the
 * event alone tells. A rule has one route for each distinct mapping of keys on a stream, and a step only takes an
 * event under the key of its own mapping.
 */

import type { EventRecord } from "../base/event.ts";
import type { Value } from "../base/value.ts";
import type { SourcePlan } from "../dsl/plan.ts";
import {
  type CompileOptions,
  compileEventCondition,
  compileEventValue,
  type EventCondition,
  type EventValue,
} from "./expression/compiled.ts";
import type { DataSource } from "./history.ts";
import { KEY_ALL, keysOf, keyText } from "./key.ts";
import type { Leaf } from "./program.ts";

interface Route {
  readonly keys: readonly EventValue[];
  readonly nullable: readonly boolean[];
  readonly checks: readonly { readonly bit: number; readonly admits: EventCondition | null }[];
  /** Filters of the route's sources; an event that one admits is part of the input. */
  readonly sources: readonly (EventCondition | null)[];
}

/** Receives an event's keys; `bits` are those of the leaves it fits, 0 for an event that is merely in the input. */
export type RouteSink = (
  key: string,
  values: readonly Value[],
  event: EventRecord,
  bits: number,
) => void;

const NO_VALUES: readonly Value[] = [];

export class Router {
  readonly #routes = new Map<string, readonly Route[]>();
  /**
   * The same by the place of the stream, as events of it come: a place is found without hashing a name. Places change
   * with the rule set.
   */
  readonly #byPlace: (
    | { readonly stream: string; readonly routes: readonly Route[] }
    | undefined
  )[] = [];
  readonly #seesAll: boolean;

  constructor(
    sources: readonly SourcePlan[],
    leaves: readonly Pick<Leaf, "bit" | "sources">[],
    seesAll: boolean,
    data: DataSource,
    options: CompileOptions,
  ) {
    this.#seesAll = seesAll;
    for (const stream of new Set(sources.map((s) => s.stream)))
      this.#routes.set(stream, makeRoutes(stream, sources, leaves, data, options));
  }

  /** Names each key of the event once. Cost: the leaves of the stream, not of the rule set. */
  route(event: EventRecord, sink: RouteSink): void {
    const known = this.#byPlace[event.place];
    const routes = known?.stream === event.stream ? known.routes : this.#routesOf(event);
    if (routes.length === 1) this.#routeOne(routes[0] as Route, event, sink);
    else if (routes.length > 1) this.#routeAll(routes, event, sink);
  }

  #routesOf({ stream, place }: EventRecord): readonly Route[] {
    const routes = this.#routes.get(stream) ?? [];
    this.#byPlace[place] = { stream, routes };
    return routes;
  }

  #bitsOf(route: Route, event: EventRecord): number {
    let bits = 0;
    for (const { bit, admits } of route.checks)
      if ((bits & bit) === 0 && (admits === null || admits(event))) bits |= bit;
    return bits;
  }

  #inInput(route: Route, event: EventRecord, bits: number): boolean {
    return (
      bits !== 0 ||
      (this.#seesAll && route.sources.some((admits) => admits === null || admits(event)))
    );
  }

  #routeOne(route: Route, event: EventRecord, sink: RouteSink): void {
    const bits = this.#bitsOf(route, event);
    if (!this.#inInput(route, event, bits)) return;
    if (route.keys.length === 0) {
      sink(KEY_ALL, NO_VALUES, event, bits);
      return;
    }
    const values = valuesOf(route.keys, event);
    let plain = true;
    for (let i = 0; i < values.length; i++) {
      const value = values[i] as Value;
      if (value === null && route.nullable[i] !== true) return;
      if (value === null || typeof value === "object") plain = false;
    }
    if (plain) {
      sink(keyText(values), values, event, bits);
      return;
    }
    for (const parts of keysOf(values, route.nullable)) sink(keyText(parts), parts, event, bits);
  }

  /** Several mappings may give the same key: then the event is in its input once, and fits the leaves of all of them. */
  #routeAll(routes: readonly Route[], event: EventRecord, sink: RouteSink): void {
    const found = new Map<string, { values: readonly Value[]; bits: number }>();
    for (const route of routes) {
      const bits = this.#bitsOf(route, event);
      if (!this.#inInput(route, event, bits)) continue;
      const values = route.keys.map((key) => key(event));
      for (const parts of keysOf(values, route.nullable)) {
        const key = keyText(parts);
        const known = found.get(key);
        if (known === undefined) found.set(key, { values: parts, bits });
        else known.bits |= bits;
      }
    }
    for (const [key, { values, bits }] of found) sink(key, values, event, bits);
  }
}

/** The key parts, in a list of no more room than they need: one is made for each event and rule. */
function valuesOf(keys: readonly EventValue[], event: EventRecord): readonly Value[] {
  const [first] = keys;
  return first !== undefined && keys.length === 1 ? [first(event)] : keys.map((key) => key(event));
}

function makeRoutes(
  stream: string,
  sources: readonly SourcePlan[],
  leaves: readonly Pick<Leaf, "bit" | "sources">[],
  data: DataSource,
  options: CompileOptions,
): readonly Route[] {
  const byKeys = new Map<
    string,
    {
      keys: EventValue[];
      nullable: readonly boolean[];
      checks: Route["checks"][number][];
      sources: (EventCondition | null)[];
    }
  >();
  sources.forEach((source, index) => {
    if (source.stream !== stream) return;
    const mapping = JSON.stringify([source.keys, source.nullable], (_, value) =>
      typeof value === "bigint" ? `${value}n` : value,
    );
    let route = byKeys.get(mapping);
    if (route === undefined) {
      const keys = source.keys.map((key) => compileEventValue(key, data, options));
      route = { keys, nullable: source.nullable, checks: [], sources: [] };
      byKeys.set(mapping, route);
    }
    route.sources.push(
      source.filter === null ? null : compileEventCondition(source.filter, data, options),
    );
    for (const leaf of leaves)
      for (const check of leaf.sources)
        if (check.source === index) route.checks.push({ bit: leaf.bit, admits: check.admits });
  });
  return [...byKeys.values()];
}
