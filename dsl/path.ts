/**
 * What a path means. A first name means, in this order: a parameter, a step, a `let`, a list or table, a field;
 * in back quotes always a field. Where no event is at hand, a bare name is a key part.
 */

import type { Fix, Span } from "../base/diagnostic.ts";
import { nearest } from "../base/edit-distance.ts";
import type { Path, PathSegment } from "./ast.ts";
import { listed, refuseReserved } from "./declarations.ts";
import type { EventRef, Expr, FieldPath } from "./expr.ts";
import { hyphenHintAt } from "./hyphen.ts";
import { inlineLet } from "./inline.ts";
import { literalList } from "./list.ts";
import { type Remark, replacement } from "./report.ts";
import {
  argumentScope,
  type Checking,
  firstName,
  POISONED,
  REFUSED,
  type Scope,
  type StepSight,
  type Typed,
} from "./scope.ts";
import { ANY, type Miss, NUMBER, type Shape, typeAt, typeWithin } from "./type.ts";

/** The segments as a field path; null, after an error, where one is a reserved name. */
export function fieldPath(segments: readonly PathSegment[], checking: Checking): FieldPath | null {
  const path: (string | number)[] = [];
  let reserved = false;
  for (const segment of segments) {
    if (segment.kind === "index") path.push(segment.index);
    else {
      reserved = refuseReserved(checking.report, segment.name.text, segment.name.span) || reserved;
      path.push(segment.name.text);
    }
  }
  return reserved ? null : path;
}

/** A path as its key part is shown: names joined by dots, without back quotes. */
export function shownPath(path: Path): string {
  return path.segments
    .map((s, i) => (s.kind === "index" ? `[${s.index}]` : `${i === 0 ? "" : "."}${s.name.text}`))
    .join("");
}

export function checkPath(path: Path, scope: Scope, checking: Checking): Typed {
  const name = firstName(path);
  if (name === null) return bare(path, scope, checking);
  const rest = path.segments.slice(1);
  const binding = scope.parameters.get(name.text);
  if (binding !== undefined) {
    if (binding.kind === "unknown") return { expr: POISONED.expr, type: ANY };
    if (binding.kind === "given")
      return member({ expr: binding.expr, type: NUMBER }, rest, checking);
    const value: Typed =
      binding.kind === "variable"
        ? { expr: { kind: "parameter", depth: binding.depth }, type: binding.type }
        : argumentPath(binding, rest, scope, checking);
    return binding.kind === "variable" ? member(value, rest, checking) : value;
  }
  const step = scope.steps.get(name.text);
  if (step !== undefined) return stepPath(step, path, scope, checking);
  const value = checking.declarations.values.get(name.text);
  switch (value?.kind) {
    case "let":
      return member(inlineLet(value, name.span, scope, checking), rest, checking);
    case "list":
      return member(literalList(value, name.span, checking), rest, checking);
    case "table":
      checking.report.error(
        "E0207",
        name.span,
        `the table \`${name.text}\` is no value by itself`,
        {
          label: "look up a key",
          notes: [`\`x in ${name.text}\` asks for a key, \`${name.text}[x].column\` looks one up`],
        },
      );
      return POISONED;
  }
  if (value === undefined && checking.declarations.broken.names.has(name.text)) return POISONED;
  // A function's name without arguments may well be a field: only calls mean functions.
  return name.text === "prev" && !scope.generic && !isDeclaredField("prev", scope)
    ? prevPath(path, scope, checking)
    : bare(path, scope, checking);
}

function isDeclaredField(name: string, scope: Scope): boolean {
  return (scope.atHand ?? []).some(
    (shape) => shape.fields?.fields.some((field) => field.name === name) ?? false,
  );
}

/** An argument with a path behind its parameter: `s.value` where `s` stands for a step is a path of that step. */
function argumentPath(
  binding: Extract<NonNullable<ReturnType<Scope["parameters"]["get"]>>, { kind: "argument" }>,
  rest: readonly PathSegment[],
  scope: Scope,
  checking: Checking,
): Typed {
  const inner = argumentScope(binding, scope);
  if (binding.expr.kind === "path" && rest.length > 0) {
    const { path } = binding.expr;
    const longer: Path = { segments: [...path.segments, ...rest], span: path.span };
    return checkPath(longer, inner, checking);
  }
  return member(checking.check(binding.expr, inner), rest, checking);
}

/** A property of a value. */
export function member(of: Typed, rest: readonly PathSegment[], checking: Checking): Typed {
  if (rest.length === 0 || of.type.kind === "poison") return of;
  const path = fieldPath(rest, checking);
  if (path === null) return POISONED;
  const result = typeWithin(of.type, path);
  if ("miss" in result) {
    reportMiss(result.miss, rest, checking);
    return POISONED;
  }
  const { expr } = of;
  return { expr: withPath(expr, path), type: result.type };
}

/** A path behind an expression: a field's path is made longer, other values get a member node. */
function withPath(expr: Expr, path: FieldPath): Expr {
  if (expr.kind === "field" || expr.kind === "member") {
    return { ...expr, path: [...expr.path, ...path] };
  }
  return { kind: "member", of: expr, path };
}

/** The field of an event at the segments; its type from the shapes. */
export function eventField(
  event: EventRef,
  shapes: readonly Shape[],
  segments: readonly PathSegment[],
  checking: Checking,
): Typed {
  const path = fieldPath(segments, checking);
  if (path === null) return POISONED;
  if (path.length === 0)
    return { expr: { kind: "field", event, path }, type: { kind: "object", shapes } };
  const result = typeAt(shapes, path);
  if ("miss" in result) {
    reportMiss(result.miss, segments, checking);
    return POISONED;
  }
  return { expr: { kind: "field", event, path }, type: result.type };
}

function reportMiss(miss: Miss, segments: readonly PathSegment[], checking: Checking): void {
  const segment = segments[miss.segment];
  if (segment === undefined) return;
  const span = segment.kind === "name" ? segment.name.span : segment.span;
  const text = segment.kind === "name" ? segment.name.text : `[${segment.index}]`;
  const before = segments
    .slice(0, miss.segment)
    .map((s, i) => (s.kind === "index" ? `[${s.index}]` : `${i === 0 ? "" : "."}${s.name.text}`));
  const owner =
    before.length === 0 ? miss.shape.owner : `\`${before.join("")}\` of ${miss.shape.owner}`;
  const near = segment.kind === "name" ? nearest(text, miss.candidates) : null;
  const remark: Remark =
    miss.candidates.length === 0
      ? { label: "no such part", notes: ["its declared type has no fields here"] }
      : {
          label: near === null ? "not declared" : `did you mean \`${near}\`?`,
          notes: [`declared there: ${listed(miss.candidates)}`],
          fix: near === null ? null : replacement(span, near),
        };
  checking.report.error("E0204", span, `${owner} has no field \`${text}\``, remark);
}

function asField(name: string, span: Span): Fix {
  return { title: "mean the field of this name", span, text: `\`${name}\`` };
}

/** Where a step cannot be spoken of, says so. True where it can. */
export function isVisible(step: StepSight, span: Span, scope: Scope, checking: Checking): boolean {
  const { report } = checking;
  const { name } = step;
  if (scope.visible.has(step.label)) return true;
  if (step.label === REFUSED) return false;
  if (scope.own === step.label) {
    report.error("E0206", span, `\`${name}\` has taken nothing yet when this is judged`, {
      label: "the step itself",
      notes: [
        "a step that takes one event has none before it; its fields stand without a name here",
        `a field \`${name}\` stands in back quotes`,
      ],
      fix: report.text(span) === name ? asField(name, span) : null,
    });
  } else if (scope.elsewhere.has(step.label)) {
    report.error("E0206", span, `\`${name}\` may have taken nothing here`, {
      label: "on another branch",
      notes: ["only steps that come before on every way to this one can be used"],
    });
  } else {
    report.error("E0206", span, `this cannot know yet what \`${name}\` will take`, {
      label: "a later step",
      notes: ["a condition sees the events given so far; `having` after the block sees all"],
    });
  }
  return false;
}

function stepPath(step: StepSight, path: Path, scope: Scope, checking: Checking): Typed {
  const [first, ...rest] = path.segments;
  const span = first?.kind === "name" ? first.name.span : path.span;
  if (!isVisible(step, span, scope, checking)) return POISONED;
  if (scope.iterating === step.label) {
    return eventField({ kind: "at hand" }, step.shapes, rest, checking);
  }
  const one = eventField({ kind: "step", label: step.label }, step.shapes, rest, checking);
  if (!step.repeated || one.expr.kind !== "field") return one;
  return {
    expr: { kind: "step values", label: step.label, path: one.expr.path },
    type: { kind: "list", item: one.type },
  };
}

function prevPath(path: Path, scope: Scope, checking: Checking): Typed {
  const [first, ...rest] = path.segments;
  const span = first?.kind === "name" ? first.name.span : path.span;
  if (!checkPrev(span, scope, checking)) return POISONED;
  const { prev } = scope;
  const shapes = "shapes" in prev ? prev.shapes : [];
  return eventField({ kind: "prev" }, shapes, rest, checking);
}

/** Reports E0310 where there is no `prev`. True where there is. */
export function checkPrev(span: Span, scope: Scope, checking: Checking): boolean {
  if ("shapes" in scope.prev) return true;
  checking.report.error("E0310", span, "`prev` needs a repeated step", {
    label: scope.prev.refusal,
    notes: [
      "`prev` is the loop's event before this one; `each` is judged from the second event on",
    ],
    fix: scope.prev.fix,
  });
  return false;
}

function bare(path: Path, scope: Scope, checking: Checking): Typed {
  if (scope.generic) return { expr: POISONED.expr, type: ANY };
  if (scope.atHand !== null) {
    return eventField({ kind: "at hand" }, scope.atHand, path.segments, checking);
  }
  const key = keyOf(path, scope);
  if (key !== null) {
    const value: Typed = { expr: { kind: "key", index: key.index }, type: ANY };
    return member(value, path.segments.slice(key.used), checking);
  }
  reportNoEvent(path, scope, checking);
  return POISONED;
}

/** The key part whose shown name is the path, or its longest beginning. */
function keyOf(path: Path, scope: Scope): { index: number; used: number } | null {
  for (let used = path.segments.length; used > 0; used--) {
    const shown = shownPath({ segments: path.segments.slice(0, used), span: path.span });
    const key = scope.keys.find((candidate) => candidate.name === shown);
    if (key !== undefined) return { index: key.index, used };
  }
  return null;
}

/** Steps whose event may have the path: those of one event first, and of these the latest. */
function carriers(path: Path, scope: Scope): readonly string[] {
  const fields = path.segments.map((s) => (s.kind === "name" ? s.name.text : s.index));
  return [...scope.steps.values()]
    .filter((step) => scope.visible.has(step.label) && "type" in typeAt(step.shapes, fields))
    .filter((step) => /^[\p{L}\p{N}_]+$/u.test(step.name))
    .reverse()
    .sort((a, b) => Number(a.repeated) - Number(b.repeated))
    .map((step) => (step.repeated ? `last(${step.name})` : step.name));
}

function whyNoEvent(scope: Scope): string {
  if (scope.iterating !== null)
    return "inside an aggregate only the step's own events are gone through";
  if (scope.steps.size === 0 && scope.keys.length === 0) return "no event is at hand here";
  return "no event is at hand here: a name alone is a part of the key";
}

function reportNoEvent(path: Path, scope: Scope, checking: Checking): void {
  const shown = shownPath(path);
  const first = firstName(path);
  const names = [...scope.keys.map((key) => key.name), ...scope.steps.keys()];
  const near = first === null ? null : nearest(first.text, names);
  const steps = carriers(path, scope);
  const [step] = steps;
  const notes = [whyNoEvent(scope)];
  if (scope.keys.length > 0) notes.push(`key parts: ${listed(scope.keys.map((key) => key.name))}`);
  if (steps.length > 0) notes.push(`steps that may carry it: ${listed(steps)}`);
  const hyphen = first === null ? null : hyphenHintAt(path.span, checking.report);
  if (hyphen !== null) notes.unshift(hyphen.note);
  let fix: Fix | null = null;
  if (hyphen !== null) fix = hyphen.fix;
  else if (near !== null && first !== null) fix = replacement(first.span, near);
  else if (step !== undefined) {
    const text = `${step}.${checking.report.text(path.span)}`;
    fix = { title: `say which event: \`${text}\``, span: path.span, text };
  }
  checking.report.error("E0205", path.span, `nothing here is called \`${shown}\``, {
    label: near === null ? "whose field is this?" : `did you mean \`${near}\`?`,
    notes,
    fix,
  });
}
