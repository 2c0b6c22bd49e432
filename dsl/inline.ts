/**
 * `let` and `fn`: pure, inlined, not recursive (D-4). A body is checked once by itself, so that its own mistakes are
 * told once and at their place, and again at each use, where its names get a meaning: parameters first, then the steps
 * that are seen there, as if the text stood there. The variables of lambdas and the parameters of a `fn` around the use
 * are not seen: who writes a body cannot know them.
 */

import type { Span } from "../base/diagnostic.ts";
import type * as ast from "./ast.ts";
import type { DeclarationOf } from "./declarations.ts";
import {
  type Binding,
  type Checking,
  EMPTY_SCOPE,
  POISONED,
  type Scope,
  type Typed,
} from "./scope.ts";

function bodyOf(declaration: DeclarationOf<"let"> | DeclarationOf<"fn">): ast.Expr {
  return declaration.kind === "let" ? declaration.value : declaration.body;
}

/** Checks a body by itself, once. True where it is good; false where errors were told, now or before. */
export function checkBody(
  declaration: DeclarationOf<"let"> | DeclarationOf<"fn">,
  use: Span,
  checking: Checking,
): boolean {
  const { bodies, report } = checking;
  const state = bodies.get(declaration);
  const { text } = declaration.name;
  if (state === "checking") {
    report.error("E0211", use, `\`${text}\` is defined by itself`, {
      label: "in a circle",
      notes: ["a `let` or `fn` is written out where it is used, so it cannot hold itself"],
    });
    bodies.set(declaration, "bad");
    return false;
  }
  if (state !== undefined) return state === "good";
  bodies.set(declaration, "checking");
  const parameters = new Map<string, Binding>();
  if (declaration.kind === "fn") {
    for (const parameter of declaration.parameters) {
      if (parameters.has(parameter.text)) {
        report.error(
          "E0201",
          parameter.span,
          `\`${text}\` has two parameters \`${parameter.text}\``,
          {
            label: "declared again",
          },
        );
      }
      parameters.set(parameter.text, { kind: "unknown" });
    }
  }
  const scope: Scope = { ...EMPTY_SCOPE, parameters, generic: true };
  const body = checking.check(bodyOf(declaration), scope);
  // A circle marks this one bad from within.
  const good = body.type.kind !== "poison" && bodies.get(declaration) === "checking";
  bodies.set(declaration, good ? "good" : "bad");
  return good;
}

function inline(
  declaration: DeclarationOf<"let"> | DeclarationOf<"fn">,
  parameters: ReadonlyMap<string, Binding>,
  use: Span,
  scope: Scope,
  checking: Checking,
): Typed {
  if (!checkBody(declaration, use, checking)) return POISONED;
  const inner: Scope = { ...scope, parameters };
  const trial = checking.report.fork();
  const result = checking.with(trial).check(bodyOf(declaration), inner);
  const [problem] = trial.finish().filter((diagnostic) => diagnostic.severity === "error");
  if (problem === undefined) return result;
  checking.report.error("E0210", use, `\`${declaration.name.text}\` does not fit here`, {
    label: problem.message,
    notes: problem.notes,
  });
  return POISONED;
}

export function inlineLet(
  declaration: DeclarationOf<"let">,
  use: Span,
  scope: Scope,
  checking: Checking,
): Typed {
  return inline(declaration, new Map(), use, scope, checking);
}

export function inlineFn(
  declaration: DeclarationOf<"fn">,
  call: Extract<ast.Expr, { kind: "call" }>,
  scope: Scope,
  checking: Checking,
): Typed {
  const { parameters, name } = declaration;
  const { args } = call;
  if (args.length !== parameters.length) {
    const names = parameters.map((parameter) => parameter.text).join(", ");
    checking.report.error(
      "E0406",
      call.span,
      `\`${name.text}\` takes ${counted(parameters.length, "argument")}, not ${args.length}`,
      {
        label: `\`${name.text}(${names})\``,
      },
    );
    return POISONED;
  }
  const bindings = new Map<string, Binding>();
  for (const [i, expr] of args.entries()) {
    const parameter = parameters[i];
    // The argument of an error is told at its own place, once, before the body repeats it.
    if (parameter !== undefined) bindings.set(parameter.text, { kind: "argument", expr, scope });
  }
  if (args.some((arg) => isBroken(arg, scope, checking))) return POISONED;
  return inline(declaration, bindings, call.name.span, scope, checking);
}

/**
 * Checks an argument for its own mistakes. A step's bare name is left to the body: it may be counted there. So is a
 * field of a window's events, where none of them is at hand but the body may go through them all.
 */
function isBroken(arg: ast.Expr, scope: Scope, checking: Checking): boolean {
  if (scope.window && scope.atHand === null && scope.iterating === null) {
    const trial = checking.with(checking.report.fork());
    const atHand = [...scope.steps.values()].flatMap((step) => step.shapes);
    if (trial.check(arg, { ...scope, atHand }).type.kind !== "poison") return false;
  }
  return checking.check(arg, scope).type.kind === "poison";
}

/** "one argument", "3 arguments". */
export function counted(count: number, noun: string): string {
  if (count === 0) return `no ${noun}s`;
  return count === 1 ? `one ${noun}` : `${count} ${noun}s`;
}
