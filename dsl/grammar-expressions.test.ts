/** Expressions (section 7) by their shape: every operation in parentheses. */

import { expect, test } from "@jest/globals";
import type { Expr, Path } from "./ast.ts";
import { parse } from "./parse.ts";

function showPath(path: Path): string {
  return path.segments
    .map((segment, index) => {
      if (segment.kind === "index") return `[${segment.index}]`;
      const { quoted, text } = segment.name;
      return `${index === 0 ? "" : "."}${quoted ? `\`${text}\`` : text}`;
    })
    .join("");
}

function show(expr: Expr): string {
  switch (expr.kind) {
    case "number":
      return typeof expr.value === "bigint" ? `${expr.value}n` : String(expr.value);
    case "duration":
      return `${expr.ms}ms`;
    case "size":
      return `${expr.bytes}B`;
    case "text":
      return JSON.stringify(expr.text.value);
    case "list":
      return `[${expr.items.map(show).join(" ")}]`;
    case "path":
      return showPath(expr.path);
    case "member":
      return `(${show(expr.of)} member ${expr.segment.kind === "name" ? expr.segment.name.text : expr.segment.index})`;
    case "lookup":
      return `(${show(expr.of)} at ${show(expr.key)})`;
    case "call":
      return `${expr.name.text}(${expr.args.map(show).join(" ")})`;
    case "lambda":
      return `${expr.name.text}(${expr.parameter.text} of ${show(expr.list)}: ${show(expr.body)})`;
    case "not":
    case "negate":
      return `(${expr.kind} ${show(expr.operand)})`;
    case "binary": {
      const operator = `${expr.negated ? "not " : ""}${expr.caseless ? "~" : ""}${expr.operator}`;
      return `(${show(expr.left)} ${operator} ${show(expr.right)})`;
    }
    case "if":
      return `(if ${show(expr.test)} ${show(expr.then)} ${show(expr.else)})`;
    default:
      return expr.kind;
  }
}

/** The shape of an expression that must have no errors. */
function shape(source: string): string {
  const { tree, diagnostics } = parse("f", `let x = ${source}`);
  expect(diagnostics).toEqual([]);
  const [declaration] = tree.declarations;
  return declaration?.kind === "let" ? show(declaration.value) : "none";
}

test.each([
  ["a or b and not c == d", "(a or (b and (not (c == d))))"],
  ["a and b or c and d", "((a and b) or (c and d))"],
  ["a - b - c * d / e", "((a - b) - ((c * d) / e))"],
  ["a + b ?? c == d", "(((a + b) ?? c) == d)"],
  ["a ?? b + c", "(a ?? (b + c))"],
  ["-a.b * -3", "((negate a.b) * -3)"],
  ["not not a", "(not (not a))"],
  ["not -a < b", "(not ((negate a) < b))"],
  ["a == not b and c", "((a == (not b)) and c)"],
  ["(a or b) and c", "((a or b) and c)"],
  ["(a < b) == c", "((a < b) == c)"],
  ["a % 2 != 0", "((a % 2) != 0)"],
])("precedence (X-1): %s", (source, expected) => {
  expect(shape(source)).toBe(expected);
});

test.each([
  ['a like "x*"', '(a like "x*")'],
  ["a not in [1, 2,]", "(a not in [1 2])"],
  ['a ~starts with "x"', '(a ~starts with "x")'],
  ['a not ~ends with ["x"]', '(a not ~ends with ["x"])'],
  ['a matches r"\\d+"', '(a matches "\\\\d+")'],
  ['a ~contains "x" and b ~matches c', '((a ~contains "x") and (b ~matches c))'],
  ['a =~ "x"', '(a =~ "x")'],
  ["a <= 1 and b >= 2", "((a <= 1) and (b >= 2))"],
  ["a ~in NAMES", "(a ~in NAMES)"],
])("comparisons (X-1): %s", (source, expected) => {
  expect(shape(source)).toBe(expected);
});

test.each([
  ["args[0].x[-1]", "args[0].x[-1]"],
  ["`user-agent`.os", "`user-agent`.os"],
  ["devices[x].owner", "((devices at x) member owner)"],
  ['devices["a"]', '(devices at "a")'],
  ["first(run).value", "(first(run) member value)"],
  ["nth(s, 2).list[0]", "((nth(s 2) member list) member 0)"],
  ["a[1 + 2]", "(a at (1 + 2))"],
  ["time()", "time()"],
  ["count(a, b,)", "count(a b)"],
])("paths, members and look-ups (L-2, X-4): %s", (source, expected) => {
  expect(shape(source)).toBe(expected);
});

test.each([
  ["event.action == rule.name", "(event.action == rule.name)"],
  ["in.x and not in.y", "(in.x and (not in.y))"],
  ["in in in", "(in in in)"],
  ["like like starts", "(like like starts)"],
  ["starts starts with ends", "(starts starts with ends)"],
  ["first == last and time < open", "((first == last) and (time < open))"],
  ["not == 1", "(not == 1)"],
  ["true.x ?? null.y", "(true.x ?? null.y)"],
  ["if == 1", "(if == 1)"],
  ["if.x and key and id", "((if.x and key) and id)"],
  ["`true`", "`true`"],
])("every word can be a field (L-2): %s", (source, expected) => {
  expect(shape(source)).toBe(expected);
});

test.each([
  ["[true, false, null]", "[true false null]"],
  ["1h30m + 250ms", "(5400000ms + 250ms)"],
  ["5MB > 10KiB", "(5000000B > 10240B)"],
  ["9007199254740993", "9007199254740993n"],
  ["-9007199254740993", "-9007199254740993n"],
  ["1.5e3", "1500"],
  ["[]", "[]"],
])("literals (L-3): %s", (source, expected) => {
  expect(shape(source)).toBe(expected);
});

test.each([
  ["if a > 1 then b else c + 1", "(if (a > 1) b (c + 1))"],
  ["if a then 1 else if b then 2 else 3", "(if a 1 (if b 2 3))"],
  ["if not a then 1 else 2", "(if (not a) 1 2)"],
  ["any(x in xs: x > 2)", "any(x of xs: (x > 2))"],
  ["map(x in filter(y in ys: y.ok): x.name)", "map(x of filter(y of ys: y.ok): x.name)"],
  ["any(a, b)", "any(a b)"],
])("choices and lambdas (X-1, X-5): %s", (source, expected) => {
  expect(shape(source)).toBe(expected);
});

test("spans reach from the first to the last character", () => {
  const source = "let x = a.b == first(c).d";
  const { tree } = parse("f", source);
  const [declaration] = tree.declarations;
  if (declaration?.kind !== "let" || declaration.value.kind !== "binary") throw new Error("shape");
  const { left, right, operatorSpan, span } = declaration.value;
  const text = (part: { start: number; end: number }) => source.slice(part.start, part.end);
  expect([span, left.span, right.span, operatorSpan].map(text)).toEqual([
    "a.b == first(c).d",
    "a.b",
    "first(c).d",
    "==",
  ]);
});

test("comparisons do not chain", () => {
  const { diagnostics } = parse("f", "let x = a < b < c\nlet y = a < b and b < c");
  expect(diagnostics.map(({ code, span }) => [code, span.start])).toEqual([["E0115", 14]]);
});

test("one `=` for `==` is reported with a fix, and read as it is meant", () => {
  const { tree, diagnostics } = parse("f", "event A = b where c = 1");
  expect(diagnostics).toHaveLength(1);
  expect(diagnostics[0]).toMatchObject({ code: "E0105", fix: { text: "==", span: { start: 20 } } });
  expect(tree.declarations[0]).toMatchObject({ where: { kind: "binary", operator: "==" } });
});
