/** Which event an expression speaks of: a step, `first(s)`, `last(s, i)`, `nth(s, i)`, `prev`, `preceding(n)`. */

import type * as ast from "./ast.ts";
import type { EventRef, Expr } from "./expr.ts";
import { checkPrev, eventField, isVisible } from "./path.ts";
import {
  argumentScope,
  type Checking,
  dereferenced,
  firstName,
  NO_PARAMETERS,
  POISONED,
  type Scope,
  type StepSight,
  type Typed,
} from "./scope.ts";
import { ANY, describe, isOpen, type Shape } from "./type.ts";

type Call = Extract<ast.Expr, { kind: "call" }>;

const EVENT_CALLS: ReadonlySet<string> = new Set(["first", "last", "nth", "preceding"]);

/** The expression as a call of one of these; null where it is none. */
export function eventCall(expr: ast.Expr): Call | null {
  return expr.kind === "call" && EVENT_CALLS.has(expr.name.text) ? expr : null;
}

export interface ResolvedEvent {
  readonly ref: EventRef;
  readonly shapes: readonly Shape[];
}

/** The step that an expression names, when it is nothing but its name. */
export function namedStep(
  expr: ast.Expr,
  scope: Scope,
  checking: Checking,
): { readonly step: StepSight; readonly scope: Scope } | null {
  const target = dereferenced(expr, scope, checking);
  if (target.expr.kind !== "path" || target.expr.path.segments.length !== 1) return null;
  const name = firstName(target.expr.path);
  if (name === null || target.scope.parameters.has(name.text)) return null;
  const step = target.scope.steps.get(name.text);
  return step === undefined ? null : { step, scope: target.scope };
}

/** The event that an expression names; null after an error. */
export function resolveEvent(
  expr: ast.Expr,
  scope: Scope,
  checking: Checking,
): ResolvedEvent | null {
  const call = eventCall(expr);
  if (call !== null) {
    return call.name.text === "preceding"
      ? resolvePreceding(call, scope, checking)
      : resolveNth(call, scope, checking);
  }
  const named = namedStep(expr, scope, checking);
  if (named !== null) return resolveStep(named.step, expr, named.scope, checking);
  if (isPrev(expr, scope, checking)) {
    if (!checkPrev(expr.span, scope, checking)) return null;
    return { ref: { kind: "prev" }, shapes: "shapes" in scope.prev ? scope.prev.shapes : [] };
  }
  checking.report.error("E0409", expr.span, "this is not an event", {
    label: "a step's name, `first(s)`, `last(s)`, `nth(s, i)` or `prev` is",
  });
  return null;
}

function isPrev(expr: ast.Expr, scope: Scope, checking: Checking): boolean {
  const target = dereferenced(expr, scope, checking);
  if (target.expr.kind !== "path" || target.expr.path.segments.length !== 1) return false;
  return firstName(target.expr.path)?.text === "prev";
}

function resolveStep(
  step: StepSight,
  expr: ast.Expr,
  scope: Scope,
  checking: Checking,
): ResolvedEvent | null {
  if (!isVisible(step, expr.span, scope, checking)) return null;
  const { shapes, label, name } = step;
  if (scope.iterating === label) return { ref: { kind: "at hand" }, shapes };
  if (!step.repeated) return { ref: { kind: "step", label }, shapes };
  checking.report.error("E0409", expr.span, `\`${name}\` takes several events`, {
    label: "which one?",
    fix: { title: `take the last one: \`last(${name})\``, span: expr.span, text: `last(${name})` },
    notes: [`\`first(${name})\`, \`last(${name})\` and \`nth(${name}, i)\` say which`],
  });
  return null;
}

function resolveNth(call: Call, scope: Scope, checking: Checking): ResolvedEvent | null {
  const name = call.name.text;
  const [target, index] = call.args;
  const wanted =
    name === "first"
      ? "one step"
      : name === "nth"
        ? "a step and a number from 0"
        : "a step, and a number from 0 or none";
  const count = call.args.length;
  if (
    target === undefined ||
    count > 2 ||
    (name === "first" && count > 1) ||
    (name === "nth" && count !== 2)
  ) {
    checking.report.error("E0406", call.span, `\`${name}\` takes ${wanted}`, {
      label: `not ${count} arguments`,
    });
    return null;
  }
  const named = namedStep(target, scope, checking);
  if (named === null) {
    checking.report.error("E0409", target.span, `\`${name}\` needs the name of a step`, {
      label: "this is no step",
    });
    return null;
  }
  const { step } = named;
  const at = index === undefined ? null : checkIndex(index, scope, checking, 0);
  const seen = isVisible(step, target.span, named.scope, checking);
  if (!seen || at === "bad") return null;
  const { label, shapes } = step;
  const from = name === "last" ? "last" : "first";
  if (!step.repeated && at === null) return { ref: { kind: "step", label }, shapes };
  return { ref: { kind: "nth", label, from, index: at }, shapes };
}

/** An index from `least`, whole where it is constant. */
function checkIndex(expr: ast.Expr, scope: Scope, checking: Checking, least: number): Expr | "bad" {
  const { expr: checked, type } = checking.check(expr, scope);
  if (type.kind === "poison") return "bad";
  const constant = checked.kind === "const" ? checked.value : least;
  const whole = typeof constant === "number" && Number.isInteger(constant) && constant >= least;
  if ((isOpen(type) || type.kind === "number") && whole) return checked;
  checking.report.error("E0407", expr.span, `this must be a whole number from ${least}`, {
    label: type.kind === "number" ? "out of range" : `this is ${describe(type)}`,
  });
  return "bad";
}

function resolvePreceding(call: Call, scope: Scope, checking: Checking): ResolvedEvent | null {
  const [index] = call.args;
  if (index === undefined || call.args.length !== 1) {
    checking.report.error("E0406", call.span, "`preceding` takes one number from 1", {
      label: `not ${call.args.length} arguments`,
    });
    return null;
  }
  const at = checkIndex(index, scope, checking, 1);
  if (at === "bad") return null;
  if ((scope.atHand === null || !scope.hasInput) && !scope.generic) {
    checking.report.error("E0409", call.span, "there is no input here in which events precede", {
      label: "`preceding` stands in `where` and `each` of steps",
      notes: [
        "the input of a rule is what its sources admit, so their own conditions come before it",
      ],
    });
    return null;
  }
  if (at.kind !== "const" && !scope.generic) {
    checking.report.error("E0412", index.span, "how far to go back must be constant", {
      label: "so many events of each key are kept",
    });
    return null;
  }
  return { ref: { kind: "preceding", index: at }, shapes: [{ owner: "the input", fields: null }] };
}

/** `first(run)` as a value: the whole event; `first(run.value)` is `first(run).value`. */
export function checkEventCall(call: Call, scope: Scope, checking: Checking): Typed {
  if (scope.generic) return { expr: POISONED.expr, type: ANY };
  const [target, ...others] = call.args;
  const split = target === undefined ? null : stepAndRest(target, scope);
  if (split !== null) {
    // The other arguments keep their own scope: the step is held under a name that no text can write.
    const held = { kind: "argument", expr: split.step, scope: split.scope } as const;
    const parameters = new Map([...scope.parameters, [HELD, held] as const]);
    const args = [bareName(HELD, split.step.span), ...others];
    const event = resolveEvent({ ...call, args }, { ...scope, parameters }, checking);
    return event === null ? POISONED : eventField(event.ref, event.shapes, split.rest, checking);
  }
  const event = resolveEvent(call, scope, checking);
  return event === null ? POISONED : eventField(event.ref, event.shapes, [], checking);
}

const HELD = " step";

function bareName(text: string, span: ast.Expr["span"]): ast.Expr {
  const name = { kind: "name", name: { text, quoted: false, span } } as const;
  return { kind: "path", path: { segments: [name], span }, span };
}

/**
 * A step's path as its name and the rest: `run.value`; a bare field of a window's only source likewise. A parameter is
 * followed to its argument.
 */
function stepAndRest(
  expr: ast.Expr,
  scope: Scope,
): {
  readonly step: ast.Expr;
  readonly rest: readonly ast.PathSegment[];
  readonly scope: Scope;
} | null {
  if (expr.kind !== "path") return null;
  const { segments } = expr.path;
  const [first, ...rest] = segments;
  if (first?.kind !== "name") return null;
  const name = firstName(expr.path);
  const binding = name === null ? undefined : scope.parameters.get(name.text);
  if (binding !== undefined) {
    if (binding.kind !== "argument" || binding.expr.kind !== "path") return null;
    const { path, span } = binding.expr;
    const longer = { segments: [...path.segments, ...rest], span: path.span };
    return stepAndRest({ kind: "path", path: longer, span }, argumentScope(binding, scope));
  }
  const [only, ...others] = scope.steps.values();
  if (name === null || !scope.steps.has(name.text)) {
    if (!scope.window || only === undefined || others.length > 0) return null;
    // Of the window alone: a parameter of this name is not meant.
    const plain = { ...scope, parameters: NO_PARAMETERS };
    return { step: bareName(only.name, expr.span), rest: segments, scope: plain };
  }
  if (rest.length === 0) return null;
  return { step: bareName(name.text, name.span), rest, scope };
}

/** `time()`, `time(e)`: the event's time in ms. */
export function checkTime(call: Call, scope: Scope, checking: Checking): Typed | null {
  const [target, ...more] = call.args;
  if (scope.generic) return { expr: POISONED.expr, type: ANY };
  if (more.length > 0) {
    checking.report.error(
      "E0406",
      call.span,
      "`time` takes one event, or nothing for the event at hand",
      {
        label: `not ${call.args.length} arguments`,
      },
    );
    return null;
  }
  if (target !== undefined) {
    const event = resolveEvent(target, scope, checking);
    return event === null
      ? null
      : { expr: { kind: "time", event: event.ref }, type: { kind: "number" } };
  }
  if (scope.atHand === null && scope.iterating === null) {
    checking.report.error("E0409", call.span, "no event is at hand here", {
      label: "whose time?",
      notes: ["`time(step)` is the time of a step's event, `time(first(step))` of its first"],
    });
    return null;
  }
  return { expr: { kind: "time", event: { kind: "at hand" } }, type: { kind: "number" } };
}
