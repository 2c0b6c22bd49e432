import { expect, test } from "@jest/globals";
import type { Diagnostic } from "../base/diagnostic.ts";
import { lineColumn, renderDiagnostic } from "./source-frame.ts";

function at(source: string, part: string, more: Partial<Diagnostic> = {}): Diagnostic {
  const start = source.indexOf(part);
  return {
    code: "E0204",
    severity: "error",
    message: "stream `auth` has no field `outcom`",
    span: { file: "rules/auth.seq", start, end: start + part.length },
    label: "",
    notes: [],
    fix: null,
    ...more,
  };
}

test("a frame shows the line, the carets with their label, why, and the fix", () => {
  const source = `${"\n".repeat(11)}    fails:   5+ Login where outcom == "failure"\n`;
  const span = at(source, "outcom").span;
  const diagnostic = at(source, "outcom", {
    label: "did you mean `outcome`?",
    notes: ["`auth` declares user, ip, action, outcome, geo"],
    fix: { title: "replace with `outcome`", span, text: "outcome" },
  });
  expect(renderDiagnostic(diagnostic, source)).toBe(
    [
      "error[E0204]: stream `auth` has no field `outcom`",
      "   ┌─ rules/auth.seq:12:29",
      '12 │     fails:   5+ Login where outcom == "failure"',
      "   │                             ^^^^^^ did you mean `outcome`?",
      "   = `auth` declares user, ip, action, outcome, geo",
      "   fix: replace with `outcome`",
    ].join("\n"),
  );
});

test("line and column count from 1, also at the end and behind it", () => {
  expect(lineColumn("ab\ncd", 0)).toEqual({ line: 1, column: 1 });
  expect(lineColumn("ab\ncd", 2)).toEqual({ line: 1, column: 3 });
  expect(lineColumn("ab\ncd", 3)).toEqual({ line: 2, column: 1 });
  expect(lineColumn("ab\ncd", 99)).toEqual({ line: 2, column: 3 });
});

test("tabs stay under tabs, and a span of no width has one caret", () => {
  const source = "\tlet x =\n";
  const frame = renderDiagnostic(at(source, "="), source).split("\n");
  expect(frame.slice(2)).toEqual(["1 │ \tlet x =", "  │ \t      ^"]);
  const end = { file: "f", start: source.length, end: source.length };
  expect(renderDiagnostic(at(source, "=", { span: end }), source).split("\n")[3]).toBe("  │ ^");
});

test("a span over several lines is marked on its first", () => {
  const source = "rule a {\n  x\n}";
  const frame = renderDiagnostic(at(source, "{\n  x\n}"), source).split("\n");
  expect(frame[3]).toBe("  │        ^");
});

test("a long line is cut around the span", () => {
  const source = `${"a".repeat(500)}HERE${"b".repeat(500)}`;
  const [, , line = "", pointer = ""] = renderDiagnostic(at(source, "HERE"), source).split("\n");
  expect(line.length).toBeLessThan(160);
  expect(line.indexOf("HERE")).toBe(pointer.indexOf("^^^^"));
});

test("control characters of a rule file do not reach the terminal", () => {
  const source = 'let x = "\u001b[31m"';
  expect(renderDiagnostic(at(source, "x"), source)).not.toContain("\u001b");
  expect(renderDiagnostic(at(source, "x"), source, { color: true })).toContain("\u001b[31merror");
});

test("without the source there is no line to show", () => {
  expect(renderDiagnostic(at("x", "x"), null).split("\n")).toEqual([
    "error[E0204]: stream `auth` has no field `outcom`",
    "  ┌─ rules/auth.seq",
  ]);
});
