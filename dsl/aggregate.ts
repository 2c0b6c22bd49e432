/** Aggregates over the events of one or more steps, or of a window (W-3, W-4). */

import { assert } from "../base/assert.ts";
import { nearest } from "../base/edit-distance.ts";
import type * as ast from "./ast.ts";
import type { AggregateEntry } from "./catalogue.ts";
import type { AggregateInput, AggregateName, Expr } from "./expr.ts";
import { counted } from "./inline.ts";
import { mentionedSteps } from "./mention.ts";
import { fieldPath, isVisible } from "./path.ts";
import { replacement } from "./report.ts";
import {
  type Checking,
  dereferenced,
  EMPTY_SCOPE,
  firstName,
  POISONED,
  type Scope,
  type StepSight,
  type Typed,
} from "./scope.ts";
import { ANY, describe, isOpen, joined, NUMBER, type Type, typeAt } from "./type.ts";

type Call = Extract<ast.Expr, { kind: "call" }>;

interface Inputs {
  readonly inputs: readonly AggregateInput[];
  /** Type of the values; any for whole events. */
  readonly type: Type;
}

export function checkAggregate(
  entry: AggregateEntry,
  call: Call,
  scope: Scope,
  checking: Checking,
): Typed {
  if (scope.generic) return { expr: POISONED.expr, type: entry.result === "number" ? NUMBER : ANY };
  if (scope.iterating !== null || (scope.window && scope.atHand !== null)) {
    checking.report.error("E0410", call.span, "an aggregate cannot stand inside another", {
      label: `\`${entry.name}\` within an aggregate`,
    });
    return POISONED;
  }
  const split = splitParameter(entry, call, checking);
  if (split === null) return POISONED;
  const parameter =
    split.parameter === null ? null : checkParameter(entry, split.parameter, scope, checking);
  const values =
    entry.over === "events" || split.values.length === 0
      ? wholeWindow(entry, call, scope, checking)
      : allInputs(entry, split.values, scope, checking);
  if (values === null || parameter === "bad") return POISONED;
  assert(values.inputs.length > 0, "an aggregate has events to go through");
  const name = entry.name as AggregateName;
  const expr: Expr = { kind: "aggregate", name, inputs: values.inputs, parameter };
  return { expr, type: entry.result === "number" ? NUMBER : values.type };
}

/** The values, and the last argument where the aggregate has a parameter. */
function splitParameter(
  entry: AggregateEntry,
  call: Call,
  checking: Checking,
): { readonly values: readonly ast.Expr[]; readonly parameter: ast.Expr | null } | null {
  const { args } = call;
  if (entry.parameter === null) return { values: args, parameter: null };
  const parameter = args.at(-1);
  const least = entry.over === "events" ? 1 : 2;
  if (parameter === undefined || args.length < least || (least === 1 && args.length > 1)) {
    const wanted = least === 1 ? entry.parameter : `values, ${entry.parameter}`;
    checking.report.error(
      "E0406",
      call.span,
      `\`${entry.name}\` takes ${least === 1 ? "" : "at least "}${counted(least, "argument")}, not ${args.length}`,
      {
        label: `\`${entry.name}(${wanted})\``,
        notes: [entry.doc],
      },
    );
    return null;
  }
  return { values: args.slice(0, -1), parameter };
}

function checkParameter(
  entry: AggregateEntry,
  written: ast.Expr,
  scope: Scope,
  checking: Checking,
): Expr | "bad" {
  const { expr, type } = checking.check(written, scope);
  if (type.kind === "poison") return "bad";
  const percent = entry.parameter === "p";
  const value = expr.kind === "const" ? expr.value : null;
  const fits = typeof value === "number" && (percent ? value >= 0 && value <= 100 : value > 0);
  if (fits) return expr;
  checking.report.error(
    "E0407",
    written.span,
    percent ? "a percentile is a constant from 0 to 100" : "a rate needs a constant duration",
    {
      label: type.kind === "number" ? "out of range, or not constant" : `this is ${describe(type)}`,
    },
  );
  return "bad";
}

/** `count()` and `rate(1m)`: the events of the window. */
function wholeWindow(
  entry: AggregateEntry,
  call: Call,
  scope: Scope,
  checking: Checking,
): Inputs | null {
  if (!scope.window || entry.over === "values") {
    checking.report.error("E0410", call.span, `\`${entry.name}\` of what?`, {
      label: scope.window ? "no values are named" : "no step is named",
      notes: [`for example \`${entry.example}\``],
    });
    return null;
  }
  const inputs = [...scope.steps.values()].map((step) => ({ label: step.label, value: null }));
  return { inputs, type: ANY };
}

function allInputs(
  entry: AggregateEntry,
  values: readonly ast.Expr[],
  scope: Scope,
  checking: Checking,
): Inputs | null {
  const parts = values.map((value) => inputsOf(entry, value, scope, checking));
  const good = parts.flatMap((part) => (part === null ? [] : [part]));
  if (good.length < parts.length) return null;
  return {
    inputs: good.flatMap((part) => part.inputs),
    type: good.map((part) => part.type).reduce(joined),
  };
}

function inputsOf(
  entry: AggregateEntry,
  written: ast.Expr,
  scope: Scope,
  checking: Checking,
): Inputs | null {
  const target = dereferenced(written, scope, checking);
  if (target.expr.kind === "path") {
    const name = firstName(target.expr.path);
    const own =
      name !== null && !target.scope.parameters.has(name.text)
        ? target.scope.steps.get(name.text)
        : undefined;
    if (own !== undefined && name !== null) {
      if (!isVisible(own, name.span, target.scope, checking)) return null;
      return stepInput(entry, own, target.expr.path, checking);
    }
  }
  return computedInput(entry, written, scope, checking);
}

/** `fails` or `fails.bytes`. */
function stepInput(
  entry: AggregateEntry,
  step: StepSight,
  path: ast.Path,
  checking: Checking,
): Inputs | null {
  const rest = path.segments.slice(1);
  if (rest.length === 0) {
    if (entry.over !== "values") return { inputs: [{ label: step.label, value: null }], type: ANY };
    checking.report.error("E0410", path.span, `\`${entry.name}\` needs a field`, {
      label: "the step as a whole has no value",
      notes: [`for example \`${entry.example}\``],
    });
    return null;
  }
  const fields = fieldPath(rest, checking);
  if (fields === null) return null;
  const found = typeAt(step.shapes, fields);
  // The miss is told as for any other path.
  const type =
    "type" in found
      ? found.type
      : checking.check({ kind: "path", path, span: path.span }, sight(step)).type;
  if (!fitsType(entry, type, path, checking)) return null;
  const value: Expr = { kind: "field", event: { kind: "at hand" }, path: fields };
  return { inputs: [{ label: step.label, value }], type };
}

function sight(step: StepSight): Scope {
  return {
    ...iteration(step, EMPTY_SCOPE),
    steps: new Map([[step.name, step]]),
    visible: new Set([step.label]),
  };
}

/** An expression over the events of the one step that it names, or of the window. */
function computedInput(
  entry: AggregateEntry,
  written: ast.Expr,
  scope: Scope,
  checking: Checking,
): Inputs | null {
  const steps = mentionedSteps(written, scope, checking);
  const repeated = steps.filter((step) => step.repeated);
  const [step] = repeated.length === 1 ? repeated : steps;
  const many = steps.length > 1 && repeated.length !== 1;
  if (many) {
    checking.report.error("E0410", written.span, `\`${entry.name}\` of what?`, {
      label: "several steps are named in one value",
      notes: ["values of several steps are given one by one: `count(a, b)`"],
    });
    return null;
  }
  if (step === undefined && !scope.window) {
    reportNoStep(entry, written, scope, checking);
    return null;
  }
  const all = [...scope.steps.values()];
  const inner: Scope =
    step === undefined
      ? { ...scope, atHand: all.flatMap((s) => s.shapes) }
      : iteration(step, scope);
  if (step !== undefined && !isVisible(step, written.span, scope, checking)) return null;
  const { expr, type } = checking.check(written, inner);
  if (type.kind === "poison" || !fitsType(entry, type, written, checking)) return null;
  const labels = step === undefined ? all : [step];
  return { inputs: labels.map(({ label }) => ({ label, value: expr })), type };
}

function reportNoStep(
  entry: AggregateEntry,
  written: ast.Expr,
  scope: Scope,
  checking: Checking,
): void {
  const first = written.kind === "path" ? firstName(written.path) : null;
  const near = first === null ? null : likelyStep(first.text, scope);
  checking.report.error("E0410", written.span, `\`${entry.name}\` of what?`, {
    label: near === null ? "no step is named" : `did you mean \`${near}\`?`,
    notes: near === null ? [`for example \`${entry.example}\``] : [],
    fix: near === null || first === null ? null : replacement(first.span, near),
  });
}

/** Letters that two words must share at their beginnings to look alike, however they end. */
const STEM = 3;

/** The step that was probably meant: misspelt, or of the same stem (`failures` for `fails`). */
function likelyStep(word: string, scope: Scope): string | null {
  const names = [...scope.steps.values()]
    .filter(({ label }) => scope.visible.has(label))
    .map(({ name }) => name);
  return nearest(word, names) ?? names.find((name) => sharedStart(word, name) >= STEM) ?? null;
}

function sharedStart(a: string, b: string): number {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length += 1;
  return length;
}

/** The scope inside an aggregate: the step's events are gone through, no other event is at hand. */
function iteration(step: StepSight, scope: Scope): Scope {
  const prev = { refusal: "inside an aggregate", fix: null };
  return { ...scope, atHand: null, iterating: step.label, prev };
}

function fitsType(
  entry: AggregateEntry,
  type: Type,
  written: { readonly span: ast.Expr["span"] },
  checking: Checking,
): boolean {
  if (type.kind === "poison") return false;
  if (isOpen(type) || entry.types.some((kind) => kind === "any" || kind === type.kind)) return true;
  const wanted = entry.types.map((kind) => (kind === "number" ? "numbers" : "texts")).join(" or ");
  checking.report.error("E0404", written.span, `\`${entry.name}\` needs ${wanted}`, {
    label: `each of these is ${describe(type)}`,
    notes: [entry.doc],
  });
  return false;
}
