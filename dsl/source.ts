/**
 * Sources of rules (M-1): streams, events (with the filters of their declarations, chains flattened), and other rules.
 * Owns what is known of each declared event, so that its filter is checked once.
 */

import type { DottedName } from "./ast.ts";
import { condition } from "./condition.ts";
import { type DeclarationOf, findSource, kindWithArticle } from "./declarations.ts";
import type { Expr } from "./expr.ts";
import type { StreamPlan } from "./plan.ts";
import { alertShape } from "./rule-chain.ts";
import { type Checking, eventScope } from "./scope.ts";
import type { Shape } from "./type.ts";

/** What a source's name stands for. */
export interface SourceSight {
  readonly kind: "stream" | "rule";
  /** The stream's or rule's name. */
  readonly stream: string;
  /** The conditions of the event's declarations, outermost stream first; null: every event. */
  readonly filter: Expr | null;
  readonly shape: Shape;
  /** Something was wrong with it and told at its declaration: nothing that follows from it is told. */
  readonly broken: boolean;
}

/** The conditions joined by `and`, flat; null where there are none. */
export function conjunction(conditions: readonly (Expr | null)[]): Expr | null {
  const operands = conditions.flatMap((part) => {
    if (part === null) return [];
    return part.kind === "and" ? part.operands : [part];
  });
  const [only] = operands;
  if (operands.length <= 1) return only ?? null;
  return { kind: "and", operands };
}

/** Conditions of an event with those of the events that it is made of. */
const CONDITIONS_MAX = 500;

function brokenSight(name: string): SourceSight {
  const shape: Shape = { owner: `\`${name}\``, fields: null };
  return { kind: "stream", stream: name, filter: null, shape, broken: true };
}

export class Sources {
  readonly #checking: Checking;
  readonly #streams: ReadonlyMap<string, StreamPlan>;
  readonly #events = new Map<string, SourceSight | "checking">();
  readonly #alerts = new Map<string, Shape>();

  constructor(checking: Checking, streams: readonly StreamPlan[]) {
    this.#checking = checking;
    this.#streams = new Map(streams.map((stream) => [stream.name, stream]));
  }

  /** What a step's source is; a broken one, after an error, where nothing has that name. */
  resolve(name: DottedName): SourceSight {
    const { declarations, report } = this.#checking;
    const found = findSource(declarations, name, report);
    switch (found?.kind) {
      case undefined:
        return brokenSight(name.text);
      case "stream":
        return this.#stream(name.text);
      case "event":
        return this.event(found);
      case "rule": {
        const shape = this.#alerts.get(name.text) ?? alertShape(found, report);
        this.#alerts.set(name.text, shape);
        return { kind: "rule", stream: name.text, filter: null, shape, broken: false };
      }
    }
  }

  #stream(name: string): SourceSight {
    const fields = this.#streams.get(name)?.fields ?? null;
    const shape: Shape = { owner: `stream \`${name}\``, fields };
    return { kind: "stream", stream: name, filter: null, shape, broken: false };
  }

  /** What a declared event is. */
  event(declaration: DeclarationOf<"event">): SourceSight {
    const name = declaration.name.text;
    const known = this.#events.get(name);
    if (known === "checking") return this.#circle(declaration);
    if (known !== undefined) return known;
    this.#events.set(name, "checking");
    const made = this.#made(declaration);
    this.#events.set(name, made);
    return made;
  }

  #circle(declaration: DeclarationOf<"event">): SourceSight {
    const { name } = declaration;
    this.#checking.report.error(
      "E0211",
      name.span,
      `the event \`${name.text}\` is defined by itself`,
      {
        label: "in a circle",
        notes: ["a chain of events begins with a stream"],
      },
    );
    return brokenSight(name.text);
  }

  #made(declaration: DeclarationOf<"event">): SourceSight {
    const { report, declarations } = this.#checking;
    const { source, name } = declaration;
    const found = declarations.sources.get(source.text);
    if (found?.kind === "rule") {
      report.error("E0202", source.span, `an event is made of a stream or an event`, {
        label: `\`${source.text}\` is ${kindWithArticle("rule")}`,
      });
      return brokenSight(name.text);
    }
    const base = this.resolve(source);
    const where = condition(declaration.where, eventScope([base.shape]), this.#checking);
    const broken = base.broken || (declaration.where !== null && where === null);
    const filter = conjunction([base.filter, where]);
    if (filter?.kind === "and" && filter.operands.length > CONDITIONS_MAX) {
      report.error("E0408", name.span, "this event has too many conditions", {
        label: `with those that it is made of, more than ${CONDITIONS_MAX}`,
      });
      return brokenSight(name.text);
    }
    return { ...base, filter, broken };
  }
}
