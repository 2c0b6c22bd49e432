/** Errors of syntax: each once, at its place, with its fix, and what is undamaged still there. */

import { expect, test } from "@jest/globals";
import { parse } from "./parse.ts";
import { lineColumn, renderDiagnostic } from "./source-frame.ts";

/** `line:column code message` of every diagnostic. */
function errors(source: string): string[] {
  return parse("f.seq", source).diagnostics.map(({ span, code, message }) => {
    const { line, column } = lineColumn(source, span.start);
    return `${line}:${column} ${code} ${message}`;
  });
}

function kept(source: string): string[] {
  return parse("f.seq", source).tree.declarations.map((declaration) =>
    declaration.kind === "test" ? "test" : `${declaration.kind} ${declaration.name.text}`,
  );
}

function broken(source: string): string[] {
  return parse("f.seq", source).tree.broken.map(({ kind, name }) => `${kind} ${name ?? "-"}`);
}

/** The source with every fix applied, last first. */
function fixed(source: string): string {
  const { diagnostics } = parse("f.seq", source);
  return diagnostics.reduceRight(
    (text, { fix }) =>
      fix === null ? text : text.slice(0, fix.span.start) + fix.text + text.slice(fix.span.end),
    source,
  );
}

const GOOD = 'rule good "t" { severity low match by x within 1m { a: A } }';

test("several independent errors in one file, and the rest is kept", () => {
  const source = `event A = B wher x
rule one "t" {
  severity high
  match by x within 5m {
    a: Login where f(a, b
    then b: 5 + Login
    then c: Login within 5m where x == 1
    then d: Login
  }
  alert "x" { a: 1 b: }
  onse per x every 4m
  limit 5 opn
}
${GOOD}
stream s from "x" { time x deley 4s idle 5 }
test "t" for b { 0s A { x: 1, y } expect nothing advance 3h }
event Z = Y`;
  expect(errors(source)).toEqual([
    "1:13 E0110 expected an operator or the next declaration after `B`",
    "5:21 E0111 this `(` is not closed",
    "7:29 E0110 expected `then`, `next` or `}` after `5m`",
    "10:23 E0110 expected a value after `:`",
    "11:3 E0118 a rule has no part called `onse`",
    "12:11 E0110 expected `open per key`, `open`, `events per match` or `matches per event` after `5`",
    "15:28 E0110 expected `time`, `delay`, `idle`, `id`, `late`, `fields` or `}` after `x`",
    "16:33 E0110 expected `:` after `y`",
    "16:42 E0110 expected `alert`, `none`, `timeout` or a number of alerts after `expect`",
  ]);
  expect(kept(source)).toEqual(["rule good", "event Z"]);
  expect(broken(source)).toEqual(["event A", "rule one", "stream s", "test -"]);
});

test("a missing brace of a block: one error, found where the rule goes on", () => {
  const source = `rule a "t" {
  match by x within 5m {
    a: A where x == 1
    then b: B where y
  alert "x" { z: 1 }
}
${GOOD}`;
  expect(errors(source)).toEqual(["2:24 E0111 this `{` is not closed"]);
  expect(kept(source)).toEqual(["rule good"]);
  expect(errors(fixed(source))).toEqual([]);
});

test("a missing brace at the end of a rule does not reach into the next", () => {
  const source = `rule a "t" {\n  match by x within 5m { a: A }\n  once per x every 1m\n${GOOD}\nevent E = F`;
  expect(errors(source)).toEqual(["1:12 E0111 this `{` is not closed"]);
  expect(kept(source)).toEqual(["rule good", "event E"]);
  expect(errors(fixed(source))).toEqual([]);
});

test("a brace too many", () => {
  expect(errors(`${GOOD} }\nevent E = F`)).toEqual(["1:62 E0112 this `}` closes nothing"]);
  expect(kept(`${GOOD} }\nevent E = F`)).toEqual(["rule good", "event E"]);
  const early = 'rule a "t" {\n  match by x within 1m { a: A } }\n  alert "x"\n}\nevent E = F';
  expect(errors(early)).toEqual(["3:3 E0112 `alert` stands outside of the rule"]);
  expect(kept(early)).toEqual(["rule a", "event E"]);
});

test("a rule without its title still shows its other errors", () => {
  const source = `${GOOD}\nrule c {\n  severity low\n  match by x within 1m { X bad }\n}\nevent E = F`;
  expect(errors(source)).toEqual([
    "2:8 E0110 expected a title in double quotes after `c`",
    "4:28 E0110 expected `then`, `next` or `}` after `X`",
  ]);
  expect(kept(source)).toEqual(["rule good", "event E"]);
});

test("a misspelt word at the start of a declaration or a clause", () => {
  const source = `rul a.b "t" {\n  severity low\n  macth by x within 1m { a: A }\n}\nevnt A = B\nfoo bar\n${GOOD}`;
  expect(errors(source)).toEqual([
    "1:1 E0113 `rul` begins no declaration",
    "3:3 E0118 a rule has no part called `macth`",
    "5:1 E0113 `evnt` begins no declaration",
    "6:1 E0113 `foo` begins no declaration",
  ]);
  const { diagnostics } = parse("f", source);
  expect(diagnostics.map(({ label }) => label)).toEqual([
    "did you mean `rule`?",
    "did you mean `match`?",
    "did you mean `event`?",
    "",
  ]);
  expect(errors(fixed(source))).toEqual(["6:1 E0113 `foo` begins no declaration"]);
});

test.each([
  ["rule a.b { }", "expected a title in double quotes after `b`"],
  ['rule "t" { }', "expected a name for the rule after `rule`"],
  ["event = A", "expected a name after `event`"],
  ["event A =", "expected a stream, an event or a rule after `=`"],
  ["let x =", "expected a value after `=`"],
  ["let x = a +", "expected a value after `+`"],
  ["let x = a.", "expected the name of a field after `.`"],
  ["let x = [1 2]", "expected `,` or `]` after `1`"],
  ["let x = (1 2)", "expected an operator or `)` after `1`"],
  ["let x = f(1 2)", "expected `,` or `)` after `1`"],
  ["let x = a starts b", "expected `with` after `starts`"],
  ["stream s from a", "expected a subject in double quotes after `from`"],
  ['table t from "f"', 'expected `key` after `"f"`'],
  ['rule a "t" { match by within 5m { A } }', "expected `{` after `within`"],
  ['rule a "t" { match by x within { A } }', "expected a duration such as `5m` after `within`"],
  ['rule a "t" { match by x within 5m { A then } }', "expected a step after `then`"],
  ['rule a "t" { match by x within 5m { } }', "expected a step after `{`"],
  ['rule a "t" { match by x within 5m { a: } }', "expected a step after `:`"],
  [
    'rule a "t" { window by x over A }',
    "expected a size: `24h`, `every 1h`, `gap 30m` or `100 events` after `window`",
  ],
  ['rule a "t" { on x alert }', "expected `timeout` or `recovered` after `on`"],
  [
    'rule a "t" { skip it }',
    "expected `none`, `to next`, `past last`, `past all`, `to first STEP` or `to last STEP` after `skip`",
  ],
  ['rule a "t" { severity }', "expected a value after `severity`"],
  ["exception a for b where c", "expected `because` after `c`"],
])("in the author's words: %s", (source, message) => {
  const { diagnostics } = parse("f", source);
  expect(diagnostics.map((diagnostic) => diagnostic.message)).toEqual([message]);
});

test("an unclosed text is one error, whatever its line then looks like", () => {
  const source = `rule a "t" {
  match by x within 5m {
    a: A where x == "abc
    then b: B where y == "d }
  }
}
${GOOD}`;
  expect(errors(source)).toEqual([
    "3:21 E0102 this text is not closed",
    "4:26 E0102 this text is not closed",
  ]);
  expect(kept(source)).toContain("rule good");
});

test("an unclosed block text ends before the next declaration", () => {
  const source = `rule a "t" {\n  description """\n  never closed\n  severity high\n}\n${GOOD}`;
  expect(errors(source)).toEqual(["2:15 E0102 this text is not closed"]);
  expect(kept(source)).toEqual(["rule good"]);
});

test("titles: a bad expression and lone braces, at their places", () => {
  const source = `rule a "t" { alert "{x + } {} a } {b c} {d" }\n${GOOD}`;
  expect(errors(source)).toEqual([
    "1:24 E0110 expected a value after `+`",
    "1:28 E0116 there is no expression between these braces",
    "1:33 E0116 this `}` closes nothing",
    "1:38 E0110 expected an operator or `}` after `b`",
    "1:41 E0116 this `{` is not closed",
  ]);
});

test("a second body", () => {
  const source = 'rule a "t" { expect A by x every 1m\n match by x within 1m { A } }';
  expect(errors(source)).toEqual(["2:2 E0117 a rule has one `match`, `window` or `expect`"]);
});

test("the parts of a step in another order: the note says which order", () => {
  const [diagnostic] = parse(
    "f",
    'rule a "t" { match by x within 1m { A within 5m where x } }',
  ).diagnostics;
  expect(diagnostic?.notes.join()).toContain("`by`, `where`, `each`, `having`, `until`, `within`");
});

test("the frame of a missing brace", () => {
  const source = 'rule a "t" {\n  match by x within 5m {\n    a: A\n  alert "x"\n}\n';
  const [diagnostic] = parse("r.seq", source).diagnostics;
  expect(diagnostic === undefined ? "" : renderDiagnostic(diagnostic, source)).toBe(
    [
      "error[E0111]: this `{` is not closed",
      "  ┌─ r.seq:2:24",
      "2 │   match by x within 5m {",
      "  │                        ^ no `}` for it",
      "  = `alert` on line 4 cannot stand inside it",
      "  fix: add `}` before `alert`",
    ].join("\n"),
  );
});
