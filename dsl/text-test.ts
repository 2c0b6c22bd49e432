/** `in`, `=~`, `like`, `matches`, `contains`, `starts with`, `ends with`, with and without case. */

import { typeOf, type Value } from "../base/value.ts";
import type * as ast from "./ast.ts";
import type { Expr, TextTest } from "./expr.ts";
import { hyphenHint } from "./hyphen.ts";
import { compileRegex } from "./regex.ts";
import { replacement } from "./report.ts";
import { type Checking, firstName, POISONED, type Scope, type Typed } from "./scope.ts";
import { type SimplerTest, simplerTest } from "./simpler-test.ts";
import { BOOLEAN, describe, isOpen, type Type } from "./type.ts";
import { lintLike, lintList } from "./value-lints.ts";

type Binary = Extract<ast.Expr, { kind: "binary" }>;

/** The name of a list or table to the right of `in`, where nothing nearer has that name. */
function dataName(expr: ast.Expr, scope: Scope, checking: Checking): string | null {
  if (expr.kind !== "path" || expr.path.segments.length !== 1) return null;
  const name = firstName(expr.path);
  if (name === null || scope.parameters.has(name.text) || scope.steps.has(name.text)) return null;
  const declaration = checking.declarations.values.get(name.text);
  return declaration?.kind === "list" || declaration?.kind === "table" ? name.text : null;
}

export function checkIn(expr: Binary, scope: Scope, checking: Checking): Typed {
  const { caseless } = expr;
  const item = checking.check(expr.left, scope);
  const data = dataName(expr.right, scope, checking);
  const list = data === null ? checking.check(expr.right, scope) : null;
  if (item.type.kind === "poison" || list?.type.kind === "poison") return POISONED;
  if (caseless && !isText(item, expr.left, "~in", checking)) return POISONED;
  if (list === null) {
    return {
      expr: { kind: "in data", item: item.expr, data: data ?? "", caseless },
      type: BOOLEAN,
    };
  }
  if (!isListOf(expr, item.type, list.type, checking)) return POISONED;
  lintList(expr, item.expr, list.expr, checking);
  return { expr: { kind: "in", item: item.expr, list: list.expr, caseless }, type: BOOLEAN };
}

function isListOf(expr: Binary, item: Type, list: Type, checking: Checking): boolean {
  if (list.kind === "list") {
    if (isOpen(item) || isOpen(list.item) || item.kind === list.item.kind) return true;
    checking.report.error(
      "E0402",
      expr.span,
      "the list holds values of another type, so this is never true",
      {
        label: `${describe(item)} in a list of which each is ${describe(list.item)}`,
      },
    );
    return false;
  }
  if (isOpen(list)) return true;
  checking.report.error("E0404", expr.right.span, "`in` needs a list", {
    label: `this is ${describe(list)}`,
    notes: list.kind === "text" ? ["`text contains part` looks for a part of a text"] : [],
  });
  return false;
}

function isText(typed: Typed, side: ast.Expr, operator: string, checking: Checking): boolean {
  if (isOpen(typed.type) || typed.type.kind === "text") return true;
  const notes: string[] = [];
  if (typed.type.kind === "list" && operator === "contains")
    notes.push("`x in list` looks for an item of a list");
  const hyphen = hyphenHint(side, checking.report);
  if (hyphen !== null) notes.push(hyphen.note);
  checking.report.error("E0404", side.span, `\`${operator}\` needs a text`, {
    label: `this is ${describe(typed.type)}`,
    notes,
    fix: hyphen?.fix ?? null,
  });
  return false;
}

/** The right side: a text, or a list of texts (any of). */
function isPattern(typed: Typed, side: ast.Expr, operator: string, checking: Checking): boolean {
  if (typed.type.kind !== "list" || operator === "=~")
    return isText(typed, side, operator, checking);
  return isText({ expr: typed.expr, type: typed.type.item }, side, operator, checking);
}

export function checkTextTest(
  expr: Binary,
  operator: TextTest | "=~",
  scope: Scope,
  checking: Checking,
): Typed {
  const { caseless } = expr;
  const left = checking.check(expr.left, scope);
  const right = checking.check(expr.right, scope);
  if (left.type.kind === "poison" || right.type.kind === "poison") return POISONED;
  const shown = caseless ? `~${operator}` : operator;
  if (!isText(left, expr.left, shown, checking)) return POISONED;
  if (!isPattern(right, expr.right, operator, checking)) return POISONED;
  if (operator === "=~") {
    return { expr: { kind: "same text", left: left.expr, right: right.expr }, type: BOOLEAN };
  }
  if (operator === "matches" && !checkRegex(expr, right.expr, scope, checking)) return POISONED;
  if (operator === "like") lintLike(expr, right.expr, checking);
  const test: Expr = {
    kind: "text test",
    test: operator,
    caseless,
    left: left.expr,
    right: right.expr,
  };
  return { expr: test, type: BOOLEAN };
}

/** Regular expressions are compiled with the rule, so they are constant, and their mistakes are told here. */
function checkRegex(expr: Binary, pattern: Expr, scope: Scope, checking: Checking): boolean {
  const { report } = checking;
  const { span } = expr.right;
  if (pattern.kind !== "const") {
    if (scope.generic) return true;
    report.error("E0412", span, "a regular expression must be constant", {
      label: "its text is not known before events come",
      notes: ["`like`, `contains`, `starts with` and `ends with` take texts from events"],
    });
    return false;
  }
  let good = true;
  for (const text of textsOf(pattern.value)) {
    const compiled = compileRegex(text, expr.caseless);
    if (compiled.error !== null) {
      report.error("E0411", span, "this regular expression cannot be used", {
        label: compiled.error,
        notes: ["the syntax is RE2's: no look-around, no back-references, and always linear time"],
      });
      good = false;
    }
  }
  if (good && expr.right.kind === "text") suggestSimpler(expr, expr.right.text.value, checking);
  return good;
}

function textsOf(value: Value): readonly string[] {
  const items = Array.isArray(value) ? (value as readonly Value[]) : [value];
  return items.filter((item): item is string => typeOf(item) === "text");
}

function suggestSimpler(expr: Binary, pattern: string, checking: Checking): void {
  const simpler = simplerTest(pattern);
  if (simpler === null) return;
  const { operatorSpan, right } = expr;
  const written = writtenTest(simpler, expr);
  const span = { ...operatorSpan, end: right.span.end };
  checking.report.warning("W0403", span, "this can be said without a regular expression", {
    label: `\`${written}\``,
    fix: replacement(span, written),
  });
}

/** The whole test but for its left side. */
function writtenTest({ operator, text }: SimplerTest, { negated, caseless }: Binary): string {
  const quoted = JSON.stringify(text);
  const isEquality = operator === "like" && !/[*?]/.test(text);
  if (isEquality && !caseless) return `${negated ? "!=" : "=="} ${quoted}`;
  if (isEquality && !negated) return `=~ ${quoted}`;
  return `${negated ? "not " : ""}${caseless ? "~" : ""}${operator} ${quoted}`;
}
