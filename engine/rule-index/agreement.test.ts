/**
 * The rule index never misses a rule that fits: random conditions of all kinds that it knows, over texts with Unicode's
 * hard letters, halves of surrogate pairs, nulls, numbers, lists and missing fields. A failure prints its seed;
 * `SEQUITUR_SEED` and `SEQUITUR_ROUNDS` repeat it or run longer.
 */

import { expect, test } from "@jest/globals";
import { Random } from "../../base/random.ts";
import { equals, type Value, type ValueObject } from "../../base/value.ts";
import { compileRules } from "../../dsl/compile.ts";
import type { Expr } from "../../dsl/expr.ts";
import type { RulePlan, RuleSetPlan } from "../../dsl/plan.ts";
import { accessNeeds, type Need } from "../../nfa/access.ts";
import { compileEventCondition, readPath } from "../../nfa/expression/compiled.ts";
import { foldCase } from "../../nfa/functions/case-folding.ts";
import { functionOf } from "../../nfa/functions/table.ts";
import { NO_DATA } from "../../nfa/history.ts";
import { createEngine } from "../engine.ts";
import { AtomWorld } from "../testing/atom-conditions.ts";

const ROUNDS = Number(process.env["SEQUITUR_ROUNDS"] ?? 15);
const FIRST_SEED = Number(process.env["SEQUITUR_SEED"] ?? 1);
const RULES = 24;
const EVENTS = 60;

const { plan: SHAPES } = compileRules([
  {
    file: "shapes.seq",
    text: `
stream s from "s.>" { time t }
rule one "one step" { severity low match by all within 1s { e: s where a == 1 } }
rule two "two steps" { severity low match by all within 5s { e: s where a == 1  then f: s where a == 2 } }
rule not "a step and a no" { severity low match by all within 5s { e: s where a == 1  then no s where a == 2  then f: s where a == 3 } }
rule next "the very next" { severity low match by all within 5s { e: s where a == 1  next f: s where a == 2 } }
rule window "a window" { severity low window 4s by all over s where a == 1 having count() == 2 }
`,
  },
]);
if (SHAPES === null) throw new Error("the shapes have errors");

/** The shape with other conditions. */
function withConditions(shape: RulePlan, name: string, condition: () => Expr): RulePlan {
  const { body } = shape;
  if (body.kind === "window") {
    const over = body.over.map((entry) => ({ ...entry, where: condition() }));
    return { ...shape, name, body: { ...body, over } };
  }
  if (body.kind !== "match") throw new Error("a shape is a match or a window");
  const items = body.sequence.items.map(({ link, element }) => {
    if (element.kind !== "step" && element.kind !== "no")
      throw new Error("a shape has plain steps");
    return { link, element: { ...element, where: condition() } };
  });
  return { ...shape, name, body: { ...body, sequence: { items } } };
}

function alerts(
  plan: RuleSetPlan,
  events: readonly ValueObject[],
  index: boolean,
): {
  readonly found: readonly string[];
  readonly judged: number;
} {
  let judged = 0;
  const meter = { enter: () => void judged++, leave: () => undefined };
  const engine = createEngine(plan, { index, codegen: false, meter });
  const feed = engine.feed("s", "f", { broker: false });
  events.forEach((event, i) => {
    engine.accept(feed, i, 0, null, { ...event, t: 1000 * i });
  });
  engine.flush();
  const found = engine
    .takeOutputs()
    .flatMap((output) =>
      output.kind === "alert" ? [`${output.rule} ${output.alert.time} ${output.alert.id}`] : [],
    );
  return { found, judged };
}

test("with the index and without it the same rules alert, in the same order", () => {
  let count = 0;
  const judged = { on: 0, off: 0 };
  for (let seed = FIRST_SEED; seed < FIRST_SEED + ROUNDS; seed++) {
    const world = new AtomWorld(new Random(seed));
    const rules = Array.from({ length: RULES }, (_, i) => {
      const shape = world.random.pick(SHAPES.rules);
      return withConditions(shape, `r${String(i).padStart(2, "0")}`, () => world.condition(2));
    });
    const events = Array.from({ length: EVENTS }, () => world.data());
    const plan = { ...SHAPES, rules };
    const on = alerts(plan, events, true);
    const off = alerts(plan, events, false);
    expect({ seed, found: on.found }).toEqual({ seed, found: off.found });
    count += on.found.length;
    judged.on += on.judged;
    judged.off += off.judged;
  }
  expect(count).toBeGreaterThan(10 * ROUNDS);
  expect(judged.on).toBeLessThan(0.8 * judged.off);
});

/** The plain meaning of a need. */
function holds(need: Need, data: ValueObject): boolean {
  if (need.kind === "all") return need.needs.every((part) => holds(part, data));
  if (need.kind === "any") return need.needs.some((part) => holds(part, data));
  const value: Value = readPath(data, need.path);
  const text = typeof value === "string" ? foldCase(value) : null;
  switch (need.kind) {
    case "present":
      return value !== null;
    case "absent":
      return value === null;
    case "equals": {
      const field = need.folded && text !== null ? text : value;
      return need.values.some((wanted) => equals(field, wanted) === true);
    }
    case "cidr":
      return need.ranges.some((range) => functionOf("cidr")(value, range) === true);
    case "starts":
      return text !== null && need.literals.some((literal) => text.startsWith(literal));
    case "ends":
      return text !== null && need.literals.some((literal) => text.endsWith(literal));
    case "contains":
      return text !== null && need.literals.some((literal) => text.includes(literal));
  }
}

test("every need holds wherever its condition is true, also those that the index does not go by", () => {
  const [one] = SHAPES.rules.filter(({ name }) => name === "one");
  if (one === undefined) throw new Error("there is a shape with one step");
  let fitting = 0;
  let known = 0;
  for (let seed = FIRST_SEED; seed < FIRST_SEED + 40 * ROUNDS; seed++) {
    const world = new AtomWorld(new Random(seed));
    const condition = world.condition(2);
    const { body } = withConditions(one, "one", () => condition);
    const [need] = accessNeeds(body, "s") ?? [];
    if (need === undefined) continue;
    known++;
    const fits = compileEventCondition(condition, NO_DATA, { codegen: false });
    for (let i = 0; i < 30; i++) {
      const data = world.data();
      const event = {
        stream: "s",
        place: 0,
        feed: "s",
        seq: 0,
        index: 0,
        timeMs: 0,
        timeFrac: 0,
        id: "",
        data,
      };
      if (!fits(event)) continue;
      fitting++;
      if (!holds(need, data)) expect({ seed, condition, need, data }).toBe("fulfilled");
    }
  }
  expect(known).toBeGreaterThan(10 * ROUNDS);
  expect(fitting).toBeGreaterThan(10 * ROUNDS);
});

/** Rules that have nothing in common but the literals that many have. */
function manyRules(count: number): RuleSetPlan {
  const rules = Array.from({ length: count }, (_, i) => {
    const tests = [
      `image ~like r"*\\tool${i}.exe" and kind == "process"`,
      `kind == "process" and (cmd ~contains " -x${i} " or cmd ~matches r"\\bcall-${i}=\\d+")`,
      `kind == "process" and cidr(ip, "10.${i % 250}.${Math.floor(i / 250)}.0/24")`,
      `user ~in ["u${i}", "v${i}"] and not (cmd ~contains "quiet")`,
      `cmd ~starts with "start${i} "`,
    ];
    return `rule m.r${String(i).padStart(5, "0")} "r" { severity low match by all within 1s { e: s where ${tests[i % tests.length]} } }`;
  });
  const text = `stream s from "s.>" { time t }\n${rules.join("\n")}`;
  const { plan, diagnostics } = compileRules([{ file: "many.seq", text }]);
  if (plan === null) throw new Error(JSON.stringify(diagnostics));
  return plan;
}

test("how many rules are judged for an event does not grow with the rules", () => {
  const events: readonly ValueObject[] = [
    {
      kind: "process",
      image: "C:\\TOOL5.EXE",
      cmd: "start4 -x1  call-6=9",
      ip: "10.2.0.7",
      user: "V8",
    },
    { kind: "process", image: "C:\\other.exe", cmd: "nothing of that", ip: "11.0.0.1", user: "me" },
    { kind: "other", image: null, n: 5 },
  ];
  for (const count of [50, 500]) {
    const plan = manyRules(count);
    const on = alerts(plan, events, true);
    expect(on.found).toEqual(alerts(plan, events, false).found);
    expect(on.found).toHaveLength(6);
    expect(on.judged).toBe(6);
  }
});
