import { expect, test } from "@jest/globals";
import { check } from "./check.ts";
import type { EventRef, Expr, FieldPath } from "./expr.ts";
import { parse } from "./parse.ts";
import type { MatchPlan, StepPlan, WindowPlan } from "./plan.ts";

function showPath(path: FieldPath): string {
  return path.map((part) => (typeof part === "number" ? `[${part}]` : `.${part}`)).join("");
}

function showEvent(event: EventRef): string {
  switch (event.kind) {
    case "at hand":
      return "@";
    case "step":
      return `#${event.label}`;
    case "nth":
      return `${event.from}(#${event.label}${event.index === null ? "" : ` ${show(event.index)}`})`;
    case "prev":
      return "prev";
    case "preceding":
      return `preceding(${show(event.index)})`;
  }
}

/** A checked expression in a short form: `@.a` is a field of the event at hand, `#0` the step with label 0. */
function show(expr: Expr | null): string {
  if (expr === null) return "-";
  switch (expr.kind) {
    case "const":
      return typeof expr.value === "bigint" ? `${expr.value}n` : JSON.stringify(expr.value);
    case "field":
      return `${showEvent(expr.event)}${showPath(expr.path)}`;
    case "time":
      return `time(${showEvent(expr.event)})`;
    case "step values":
      return `all(#${expr.label}${showPath(expr.path)})`;
    case "member":
      return `${show(expr.of)}${showPath(expr.path)}`;
    case "aggregate": {
      const inputs = expr.inputs.map(
        (input) => `#${input.label}${input.value === null ? "" : `: ${show(input.value)}`}`,
      );
      return `${expr.name}(${inputs.join(", ")}${expr.parameter === null ? "" : `; ${show(expr.parameter)}`})`;
    }
    case "key":
      return `key${expr.index}`;
    case "parameter":
      return `$${expr.depth}`;
    case "lambda":
      return `${expr.name}($${expr.depth} in ${show(expr.list)}: ${show(expr.body)})`;
    case "call":
      return `${expr.name}(${expr.args.map(show).join(", ")})`;
    case "list":
      return `[${expr.items.map(show).join(", ")}]`;
    case "and":
    case "or":
      return `(${expr.operands.map(show).join(` ${expr.kind} `)})`;
    case "not":
      return `not ${show(expr.operand)}`;
    case "exists":
      return `exists ${show(expr.operand)}`;
    case "compare":
    case "arithmetic":
      return `(${show(expr.left)} ${expr.operator} ${show(expr.right)})`;
    case "same text":
      return `(${show(expr.left)} =~ ${show(expr.right)})`;
    case "in":
      return `(${show(expr.item)} ${expr.caseless ? "~" : ""}in ${show(expr.list)})`;
    case "in data":
      return `(${show(expr.item)} ${expr.caseless ? "~" : ""}in <${expr.data}>)`;
    case "row":
      return `${expr.table}[${show(expr.key)}]`;
    case "text test":
      return `(${show(expr.left)} ${expr.caseless ? "~" : ""}${expr.test} ${show(expr.right)})`;
    case "coalesce":
      return `(${expr.operands.map(show).join(" ?? ")})`;
    case "negate":
      return `-${show(expr.operand)}`;
    case "if":
      return `if ${show(expr.test)} then ${show(expr.then)} else ${show(expr.else)}`;
  }
}

const PRELUDE = `
stream s from "s"
list ADMINS = ["root", "admin"]
list PARTS = ["a*", "b"]
table devices from "d.csv" key id
let LIMIT = 2 * 5KB
let admin = user in ADMINS
fn often(x, n) = count(x) > n
fn twice(x) = x + x
fn some(xs, y) = any(x in xs: x == y)
`;

function body(rule: string): MatchPlan | WindowPlan {
  const { tree, diagnostics } = parse("rules.seq", `${PRELUDE}${rule}`);
  expect(diagnostics).toEqual([]);
  const checked = check([tree]);
  expect(checked.diagnostics.filter((d) => d.severity === "error")).toEqual([]);
  const plan = checked.plan?.rules[0]?.body;
  if (plan === undefined || plan.kind === "expect") throw new Error("a match or a window");
  return plan;
}

function matchOf(block: string, having: string): MatchPlan {
  const plan = body(
    `rule r "R" { severity low match by user, (lower(host)) as host within 1h { ${block} } ${having} }`,
  );
  if (plan.kind !== "match") throw new Error("a match");
  return plan;
}

function showWhere(where: string): string {
  const plan = matchOf(`a: s then b: 2+ s then c: s where ${where} then d: s`, "");
  const step = plan.sequence.items[2]?.element as StepPlan;
  return show(step.where);
}
function showHaving(having: string): string {
  return show(matchOf("a: s then b: 2+ s then c: s", `having ${having}`).having);
}
function showWindow(having: string, over = "s"): string {
  return show(
    body(`rule r "R" { severity low window 1h by user over ${over} having ${having} }`).having,
  );
}

test.each([
  ["x", "@.x"],
  ["x.y[0].z", "@.x.y[0].z"],
  ["`a`.x == `first`", "(@.a.x == @.first)"],
  ["x == a.y", "(@.x == #0.y)"],
  ["y in b.x", "(@.y in all(#1.x))"],
  ["first(b).x == last(b).x", "(first(#1).x == last(#1).x)"],
  ["last(b, 1).x > nth(b, n).x", "(last(#1 1).x > first(#1 @.n).x)"],
  ["first(a).x == 1", "(#0.x == 1)"],
  ["first(b.x) == 1", "(first(#1).x == 1)"],
  ["time() - time(a) < 5m", "((time(@) - time(#0)) < 300000)"],
  ["time(last(b)) > 1", "(time(last(#1)) > 1)"],
  ["x == null", "not exists @.x"],
  ["null != x.y", "exists @.x.y"],
  ["exists(b)", "(count(#1) > 0)"],
  ["exists(a)", "exists #0"],
  ['x not like "a"', 'not (@.x like "a")'],
  ['x ~contains ["a", "b"]', '(@.x ~contains ["a","b"])'],
  ["x not in [1, 2]", "not (@.x in [1,2])"],
  ["x in ADMINS", "(@.x in <ADMINS>)"],
  ["x ~in devices", "(@.x ~in <devices>)"],
  ["x like PARTS", '(@.x like ["a*","b"])'],
  ['devices[x].owner == "me"', '(devices[@.x].owner == "me")'],
  ["x == -5", "(@.x == -5)"],
  ["x > 2h + 5m", "(@.x > 7500000)"],
  ["x == 1 / 0", "(@.x == null)"],
  ["x > LIMIT", "(@.x > 10000)"],
  ["admin", "(@.user in <ADMINS>)"],
  ["p and (q and r)", "(@.p and @.q and @.r)"],
  ["p or q and not r", "(@.p or (@.q and not @.r))"],
  ["x ?? y ?? 0 > 1", "((@.x ?? @.y ?? 0) > 1)"],
  ["coalesce(x, y) > 1", "((@.x ?? @.y) > 1)"],
  ["if p then q else r", "if @.p then @.q else @.r"],
  ['x =~ "a"', '(@.x =~ "a")'],
  ['x matches r"\\d+"', '(@.x matches "\\\\d+")'],
  ["count(b) > 3", "(count(#1) > 3)"],
  ["count(a, b) > 3", "(count(#0, #1) > 3)"],
  ["sum(a.x, b.x) > 3", "(sum(#0: @.x, #1: @.x) > 3)"],
  ["distinct(lower(b.x)) > 3", "(distinct(#1: lower(@.x)) > 3)"],
  ["max(b.x - a.x) > 3", "(max(#1: (@.x - #0.x)) > 3)"],
  ["distinct(hour(time(b))) > 3", "(distinct(#1: hour(time(@))) > 3)"],
  ["percentile(b.x, 95) > 3", "(percentile(#1: @.x; 95) > 3)"],
  ["often(b, 3)", "(count(#1) > 3)"],
  ["twice(a.x) > x", "((#0.x + #0.x) > @.x)"],
  ["any(x in xs: any(y in x.ys: y == x.z))", "any($0 in @.xs: any($1 in $0.ys: ($1 == $0.z)))"],
  [
    "length(map(x in filter(y in xs: y > 1): lower(x))) > 2",
    "(length(map($0 in filter($0 in @.xs: ($0 > 1)): lower($0))) > 2)",
  ],
  ["any(z in zs: some(xs, z))", "any($0 in @.zs: any($1 in @.xs: ($1 == $0)))"],
  ['cidr(ip, "10.0.0.0/8")', 'cidr(@.ip, "10.0.0.0/8")'],
  ["id == 9007199254740993", "(@.id == 9007199254740993n)"],
  ["preceding(2).x == 1", "(preceding(2).x == 1)"],
])("where %s", (text, shown) => {
  expect(showWhere(text)).toBe(shown);
});

test.each([
  ['user == "ana"', '(key0 == "ana")'],
  ['host.name == "h"', '(key1.name == "h")'],
  ["a.x == c.x", "(#0.x == #2.x)"],
  [
    "count(b) > 1 and last(b).x - first(b).x >= 8",
    "((count(#1) > 1) and ((last(#1).x - first(#1).x) >= 8))",
  ],
  ["max(b.x * length(user)) > 1", "(max(#1: (@.x * length(key0))) > 1)"],
])("having %s", (text, shown) => {
  expect(showHaving(text)).toBe(shown);
});

test.each([
  ["count() > 10", "s", "(count(#0) > 10)"],
  ["count() > 10", "a: s, b: s", "(count(#0, #1) > 10)"],
  ['sum(bytes) > 5MB and user == "ana"', "s", '((sum(#0: @.bytes) > 5000000) and (key0 == "ana"))'],
  ["sum(b.bytes) > 1", "a: s, b: s", "(sum(#1: @.bytes) > 1)"],
  ["distinct(hour(time())) >= 12", "s", "(distinct(#0: hour(time(@))) >= 12)"],
  ["rate(1m) > 3", "s", "(rate(#0; 60000) > 3)"],
  ["last(value) > first(x.value)", "x: s", "(last(#0).value > first(#0).value)"],
])("window having %s over %s", (text, over, shown) => {
  expect(showWindow(text, over)).toBe(shown);
});

test("a loop's own name is the events that it took before, and `prev` stands in `each`", () => {
  const plan = matchOf(
    "run: 3+ s where count(run) < 5 and x == first(run).x each x > prev.x having sum(run.x) > 3",
    "",
  );
  const step = plan.sequence.items[0]?.element as StepPlan;
  expect(show(step.where)).toBe("((count(#0) < 5) and (@.x == first(#0).x))");
  expect(show(step.each)).toBe("(@.x > prev.x)");
  expect(show(step.having)).toBe("(sum(#0: @.x) > 3)");
});

test("a step in a repeated group is a list, and sees the turns before", () => {
  const plan = matchOf("2+ { a: s then b: s where x in a.x and y not in b.y }", "");
  expect(plan.repeated).toEqual([true, true]);
  const group = plan.sequence.items[0]?.element;
  const step = group?.kind === "group" ? (group.sequence.items[1]?.element as StepPlan) : null;
  expect(show(step?.where ?? null)).toBe("((@.x in all(#0.x)) and not (@.y in all(#1.y)))");
});
