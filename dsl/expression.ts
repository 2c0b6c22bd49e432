/**
 * The expression checker: names resolved, types known as far as they can be, `let` and `fn` written out.
 *
 * Invariants
 *  E1  A mistake is told once; what holds it is poisoned, and a poisoned value is silent.
 *  E2  Size and depth are bounded, so inlining cannot blow up the compiler, nor a deep tree the stack of any reader.
 */

import type * as ast from "./ast.ts";
import { checkBinary, checkNot } from "./binary.ts";
import { checkCall } from "./call.ts";
import { checkBoolean } from "./condition.ts";
import { folded } from "./constant.ts";
import type { Declarations } from "./declarations.ts";
import type { Expr } from "./expr.ts";
import { checkLambda } from "./lambda.ts";
import { checkMember } from "./member.ts";
import { checkPath } from "./path.ts";
import type { Reporter } from "./report.ts";
import { type Checking, POISONED, type Scope, type Typed } from "./scope.ts";
import { BOOLEAN, describe, isOpen, joined, NULL, NUMBER, TEXT, type Type } from "./type.ts";

/** Nodes of one expression, once written out. */
const SIZE_LIMIT = 20_000;
/** Nested nodes; a chain of `and`, `or` or `??` counts as one. */
const DEPTH_LIMIT = 250;

/** What is used of the bounds by the expression that is being checked. */
interface Budget {
  size: number;
  depth: number;
  /** Which bound was passed; from then on all is poison, and the whole expression says so in the end. */
  passed: "size" | "depth" | null;
}

export class ExpressionChecker implements Checking {
  readonly report: Reporter;
  readonly declarations: Declarations;
  readonly bodies: Map<object, "checking" | "good" | "bad">;
  readonly #budget: Budget;

  constructor(
    report: Reporter,
    declarations: Declarations,
    shared: { bodies: Map<object, "checking" | "good" | "bad">; budget: Budget } = {
      bodies: new Map(),
      budget: { size: 0, depth: 0, passed: null },
    },
  ) {
    this.report = report;
    this.declarations = declarations;
    this.bodies = shared.bodies;
    this.#budget = shared.budget;
  }

  with(report: Reporter): Checking {
    const { bodies } = this;
    return new ExpressionChecker(report, this.declarations, {
      bodies,
      budget: this.#budget,
    });
  }

  check(expr: ast.Expr, scope: Scope): Typed {
    const budget = this.#budget;
    if (budget.depth === 0) {
      budget.size = 0;
      budget.passed = null;
    }
    budget.size++;
    if (budget.size > SIZE_LIMIT) budget.passed ??= "size";
    if (budget.depth >= DEPTH_LIMIT) budget.passed ??= "depth";
    if (budget.passed !== null) return POISONED;
    budget.depth++;
    const result = this.#dispatch(expr, scope);
    budget.depth--;
    if (budget.passed === null) return result;
    if (budget.depth === 0) this.#refuseSize(expr);
    return POISONED;
  }

  #refuseSize(expr: ast.Expr): void {
    this.report.error("E0408", expr.span, "this expression is too large", {
      label:
        this.#budget.passed === "size" ? "too many parts, once written out" : "nested too deeply",
      notes: [
        `at most ${SIZE_LIMIT} parts, ${DEPTH_LIMIT} deep, with every \`let\` and \`fn\` written out`,
      ],
    });
  }

  #dispatch(expr: ast.Expr, scope: Scope): Typed {
    switch (expr.kind) {
      case "null":
        return { expr: { kind: "const", value: null }, type: NULL };
      case "true":
      case "false":
        return { expr: { kind: "const", value: expr.kind === "true" }, type: BOOLEAN };
      case "number":
        return { expr: { kind: "const", value: expr.value }, type: NUMBER };
      case "duration":
        return { expr: { kind: "const", value: expr.ms }, type: NUMBER };
      case "size":
        return { expr: { kind: "const", value: expr.bytes }, type: NUMBER };
      case "text":
        return { expr: { kind: "const", value: expr.text.value }, type: TEXT };
      case "list":
        return this.#list(expr.items, scope);
      case "path":
        return checkPath(expr.path, scope, this);
      case "member":
      case "lookup":
        return checkMember(expr, scope, this);
      case "call":
        return checkCall(expr, scope, this);
      case "lambda":
        return checkLambda(expr, scope, this);
      case "not":
        return checkNot(expr.operand, scope, this);
      case "negate":
        return this.#negate(expr.operand, scope);
      case "binary":
        return checkBinary(expr, scope, this);
      case "if":
        return this.#if(expr, scope);
    }
  }

  #list(items: readonly ast.Expr[], scope: Scope): Typed {
    const checked = items.map((item) => this.check(item, scope));
    const item = checked.map((part) => part.type).reduce(joined, NULL as Type);
    if (item.kind === "poison") return POISONED;
    const expr: Expr = { kind: "list", items: checked.map((part) => part.expr) };
    return { expr: folded(expr), type: { kind: "list", item } };
  }

  #negate(operand: ast.Expr, scope: Scope): Typed {
    const checked = this.check(operand, scope);
    if (checked.type.kind === "poison") return POISONED;
    if (checked.type.kind !== "number" && !isOpen(checked.type)) {
      this.report.error("E0404", operand.span, "`-` needs a number", {
        label: `this is ${describe(checked.type)}`,
      });
      return POISONED;
    }
    return { expr: folded({ kind: "negate", operand: checked.expr }), type: NUMBER };
  }

  #if(expr: Extract<ast.Expr, { kind: "if" }>, scope: Scope): Typed {
    const test = checkBoolean(expr.test, scope, this);
    const yes = this.check(expr.then, scope);
    const no = this.check(expr.else, scope);
    const type = joined(yes.type, no.type);
    if (test.type.kind === "poison" || type.kind === "poison") return POISONED;
    // biome-ignore lint/suspicious/noThenProperty: the field's name is the word of the language, and no promise is near.
    return { expr: { kind: "if", test: test.expr, then: yes.expr, else: no.expr }, type };
  }
}
