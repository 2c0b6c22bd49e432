/**
 * Gradual types: what the checker knows of a value before any event is seen (X-3, D-1). "any" is unknown and fits
 * everything; "poison" is the type of what has an error already, and is silent.
 */

import type { FieldPath } from "./expr.ts";
import type { FieldsPlan, FieldTypePlan } from "./plan.ts";

/** What is declared of an event's fields; null fields: nothing, every field may be there. */
export interface Shape {
  /** Whose fields they are, for messages: "stream `auth`". */
  readonly owner: string;
  readonly fields: FieldsPlan | null;
}

export type Type =
  | { readonly kind: "poison" | "any" | "null" | "boolean" | "number" | "text" }
  | { readonly kind: "list"; readonly item: Type }
  /** One of the shapes: the events of `A or B` have several. */
  | { readonly kind: "object"; readonly shapes: readonly Shape[] };

export const POISON: Type = { kind: "poison" };
export const ANY: Type = { kind: "any" };
export const NULL: Type = { kind: "null" };
export const BOOLEAN: Type = { kind: "boolean" };
export const NUMBER: Type = { kind: "number" };
export const TEXT: Type = { kind: "text" };

/** Is nothing known that an operator could object to? */
export function isOpen(type: Type): boolean {
  return type.kind === "any" || type.kind === "poison" || type.kind === "null";
}

/** What both are; any where they differ. */
export function joined(a: Type, b: Type): Type {
  if (a.kind === "poison" || b.kind === "poison") return POISON;
  if (a.kind === "null") return b;
  if (b.kind === "null" || a === b) return a;
  if (a.kind === "list" && b.kind === "list") return { kind: "list", item: joined(a.item, b.item) };
  if (a.kind === "object" && b.kind === "object") {
    return { kind: "object", shapes: [...a.shapes, ...b.shapes] };
  }
  return a.kind === b.kind ? a : ANY;
}

/** "a text", "a list of numbers": for messages. */
export function describe(type: Type): string {
  switch (type.kind) {
    case "boolean":
      return "true or false";
    case "number":
      return "a number";
    case "text":
      return "a text";
    case "list":
      return "a list";
    case "object":
      return "an object";
    case "null":
      return "null";
    default:
      return "a value";
  }
}

function declared(type: FieldTypePlan, owner: string): Type {
  switch (type.kind) {
    case "list":
      return { kind: "list", item: declared(type.item, owner) };
    case "object":
      return { kind: "object", shapes: [{ owner, fields: type.fields }] };
    case "scalar":
      return { kind: type.type };
  }
}

/** A path that leads nowhere: the segment that failed, and what stands at its place. */
export interface Miss {
  readonly segment: number;
  readonly shape: Shape;
  /** Names declared there; none where the value there has no fields. */
  readonly candidates: readonly string[];
}

/** The type at a path of an event of one of the shapes, or why no shape has it. */
export function typeAt(shapes: readonly Shape[], path: FieldPath): { type: Type } | { miss: Miss } {
  let found: Type | null = null;
  let miss: Miss | null = null;
  for (const shape of shapes) {
    const result = walk({ kind: "object", shapes: [shape] }, path, 0, shape);
    if ("miss" in result) miss ??= result.miss;
    else found = found === null ? result.type : joined(found, result.type);
  }
  if (found !== null) return { type: found };
  return miss === null ? { type: ANY } : { miss };
}

/** The type at a path of a value of a known type. */
export function typeWithin(type: Type, path: FieldPath): { type: Type } | { miss: Miss } {
  if (type.kind === "object") return typeAt(type.shapes, path);
  return walk(type, path, 0, { owner: describe(type), fields: null });
}

function walk(
  type: Type,
  path: FieldPath,
  at: number,
  shape: Shape,
): { type: Type } | { miss: Miss } {
  const segment = path[at];
  if (segment === undefined) return { type };
  if (isOpen(type)) return { type: type.kind === "poison" ? POISON : ANY };
  if (type.kind === "list") {
    if (typeof segment === "number") return walk(type.item, path, at + 1, shape);
    return { miss: { segment: at, shape, candidates: [] } };
  }
  if (type.kind !== "object" || typeof segment === "number") {
    return { miss: { segment: at, shape, candidates: [] } };
  }
  const [first] = type.shapes;
  const fields = first?.fields ?? null;
  return fields === null ? { type: ANY } : walkFields(fields, path, at, shape);
}

/** The fields of a shape by name: expressions are many, and a stream may declare many fields. */
const fieldsByName = new WeakMap<FieldsPlan, ReadonlyMap<string, FieldsPlan["fields"][number]>>();

function fieldNamed(plan: FieldsPlan, name: string): FieldsPlan["fields"][number] | undefined {
  let byName = fieldsByName.get(plan);
  if (byName === undefined) {
    byName = new Map(plan.fields.map((field) => [field.name, field]));
    fieldsByName.set(plan, byName);
  }
  return byName.get(name);
}

/** Finds a declared field by one name, or by several that its flat-dotted name joins (L-2). */
function walkFields(
  fields: FieldsPlan,
  path: FieldPath,
  at: number,
  shape: Shape,
): { type: Type } | { miss: Miss } {
  let dotted = "";
  for (let end = at; end < path.length && typeof path[end] === "string"; end++) {
    dotted = dotted === "" ? String(path[end]) : `${dotted}.${path[end]}`;
    const field = fieldNamed(fields, dotted);
    if (field !== undefined) {
      return walk(declared(field.type, shape.owner), path, end + 1, shape);
    }
  }
  if (fields.open) return { type: ANY };
  return {
    miss: {
      segment: at,
      shape,
      candidates: [...new Set(fields.fields.map((field) => field.name))],
    },
  };
}
