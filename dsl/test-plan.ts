/** Test blocks (section 9): events written out, and expectations that can hold. */

import type { Value } from "../base/value.ts";
import { checkDataNames } from "./alert.ts";
import type { DataField, TestItem } from "./ast.ts";
import { constant } from "./constant.ts";
import { type DeclarationOf, isBroken, suggestion } from "./declarations.ts";
import type { RulePlan, TestExpectation, TestPlan } from "./plan.ts";
import { streamsBehind } from "./rule-chain.ts";
import { type Checking, EMPTY_SCOPE } from "./scope.ts";
import type { Sources } from "./source.ts";
import { contradiction, filledObject, writtenObject } from "./test-event.ts";
import { warnTestFields } from "./test-fields.ts";

/** Events of one test, repetitions written out. */
const EVENT_LIMIT = 100_000;

type Input = TestPlan["inputs"][number];
/** What one line of a test gives: an event and its repetitions, or another input. */
type Row = readonly Input[];
type ItemOf<K extends TestItem["kind"]> = Extract<TestItem, { readonly kind: K }>;

export function testPlan(
  test: DeclarationOf<"test">,
  rules: readonly RulePlan[],
  sources: Sources,
  checking: Checking,
): TestPlan {
  const { report } = checking;
  const rule = ruleOf(test, rules, checking);
  const read = rule === null ? null : streamsBehind(rule, rules);
  const rows: Row[] = [];
  const expectations: TestExpectation[] = [];
  let events = 0;
  for (const item of test.items) {
    switch (item.kind) {
      case "event":
        events += item.repeat?.count ?? 1;
        if (events > EVENT_LIMIT) break;
        rows.push(eventInputs(item, read, sources, checking));
        break;
      case "advance":
        rows.push([{ kind: "advance", byMs: item.by.ms }]);
        break;
      case "from":
        rows.push([{ kind: "from", file: item.file.value }]);
        break;
      default: {
        const expectation = expectationOf(item, checking);
        if (item.kind === "expect alert" && rule !== null)
          checkExpectedNames(item.data ?? [], rule, checking);
        if (expectation !== null) expectations.push(expectation);
      }
    }
  }
  if (events > EVENT_LIMIT) reportTooMany(test.title.span, checking);
  checkExpectations(test, checking);
  return {
    title: test.title.value,
    rule: test.rule?.text ?? null,
    inputs: inOrderOfArrival(rows),
    expectations,
    file: test.span.file,
    line: report.line(test.span),
  };
}

/**
 * Lines arrive in the order in which they are written, whatever their times, so that a test can say that an event is
 * late. A repetition arrives at its own time, among what lines below say of that time; all of them before an `advance`
 * or a file that stands below.
 */
function inOrderOfArrival(rows: readonly Row[]): readonly Input[] {
  const inputs: Input[] = [];
  let placed: { readonly input: Input; readonly atMs: number }[] = [];
  let reachedMs = 0;
  const settle = (): void => {
    placed.sort((a, b) => a.atMs - b.atMs);
    for (const { input } of placed) inputs.push(input);
    placed = [];
  };
  for (const row of rows) {
    const [first] = row;
    if (first?.kind === "event") reachedMs = Math.max(reachedMs, first.event.atMs);
    else settle();
    for (const input of row) {
      const ownMs = input.kind === "event" ? input.event.atMs : 0;
      placed.push({ input, atMs: Math.max(reachedMs, ownMs) });
    }
    if (first?.kind !== "event") settle();
  }
  settle();
  return inputs;
}

/** The rule that the test is for; null where it is for all, or unknown. */
function ruleOf(
  test: DeclarationOf<"test">,
  rules: readonly RulePlan[],
  checking: Checking,
): RulePlan | null {
  const { rule } = test;
  if (rule === null) return null;
  const declared = checking.declarations.rules.map((candidate) => candidate.name.text);
  if (!declared.includes(rule.text) && !isBroken(checking.declarations, rule.text)) {
    const remark = suggestion(rule, declared, "rules");
    checking.report.error("E0203", rule.span, `there is no rule \`${rule.text}\``, remark);
  }
  return rules.find((candidate) => candidate.name === rule.text) ?? null;
}

function reportTooMany(span: TestItem["span"], checking: Checking): void {
  checking.report.error("E0602", span, "this test has too many events", {
    label: `more than ${EVENT_LIMIT}`,
    notes: ['`from "file.ndjson"` reads events from a file'],
  });
}

function eventInputs(
  item: ItemOf<"event">,
  read: ReadonlySet<string> | null,
  sources: Sources,
  checking: Checking,
): Row {
  const { report, declarations } = checking;
  if (declarations.sources.get(item.source.text)?.kind === "rule") {
    report.error("E0601", item.source.span, "a test writes events of streams", {
      label: "this is a rule, whose alerts come by themselves",
    });
    return [];
  }
  const sight = sources.resolve(item.source);
  const written = item.data === null ? {} : writtenObject(item.data, checking);
  const count = item.repeat?.count ?? 1;
  if (count < 1) {
    report.error("E0601", item.span, "an event is repeated once or more", {
      label: `not x${count}`,
    });
    return [];
  }
  if (written === null || sight.broken) return [];
  if (read !== null && !read.has(sight.stream)) {
    report.warning("W0601", item.source.span, `the rule does not read \`${sight.stream}\``, {
      label: "this event changes nothing",
    });
  }
  if (item.data !== null)
    warnTestFields(item.data, written, sight.shape, namesOfOptions(sight.stream, checking), report);
  const wrong = contradiction(written, sight.filter);
  if (wrong !== null) {
    report.warning("W0602", item.source.span, `this event is no \`${item.source.text}\``, {
      label: wrong,
      notes: ["it comes to the stream, and no step of that name takes it"],
    });
  }
  const data = filledObject(written, sight.filter);
  const everyMs = item.repeat?.every?.ms ?? 0;
  return Array.from({ length: count }, (_, i) => ({
    kind: "event",
    event: { atMs: item.at.ms + i * everyMs, stream: sight.stream, data },
  }));
}

/** Names of the fields in which the stream's events have their time and identity. */
function namesOfOptions(stream: string, { declarations }: Checking): ReadonlySet<string> {
  const declared = declarations.sources.get(stream);
  if (declared?.kind !== "stream") return new Set();
  const names = declared.options.flatMap((option) => {
    if (option.kind !== "time" && option.kind !== "id") return [];
    const [first] = option.path.segments;
    return first?.kind === "name" ? [first.name.text] : [];
  });
  return new Set(names);
}

function expectationOf(
  item: Exclude<TestItem, { readonly kind: "event" | "advance" | "from" }>,
  checking: Checking,
): TestExpectation | null {
  switch (item.kind) {
    case "expect alert": {
      const data = item.data === null ? null : expectedData(item.data, checking);
      return { kind: "alert", atMs: item.at?.ms ?? null, data };
    }
    case "expect alerts":
      return { kind: "alerts", count: item.count };
    case "expect none":
      return { kind: "none" };
    case "expect timeout":
      return { kind: "timeout" };
  }
}

/** Reports data that no alert of the rule has, nor its key (E0603). */
function checkExpectedNames(
  fields: readonly DataField[],
  rule: RulePlan,
  { report }: Checking,
): void {
  const keys = rule.keys.map(({ name }) => name);
  const alerts = [rule.alert, rule.timeout?.alert ?? null, rule.recovered];
  const data = alerts.flatMap((alert) => alert?.data?.map(({ name }) => name) ?? []);
  const names = [...data, ...keys];
  for (const { name } of fields) {
    if (names.includes(name.text)) continue;
    report.error("E0603", name.span, `no alert of \`${rule.name}\` has data \`${name.text}\``, {
      label: "it cannot be expected",
      ...suggestion(name, [...new Set(names)], "data"),
    });
  }
}

function expectedData(
  fields: readonly DataField[],
  checking: Checking,
): readonly { readonly name: string; readonly value: Value }[] {
  checkDataNames(fields, checking);
  return fields.flatMap(({ name, value }) => {
    const known = constant(value, EMPTY_SCOPE, checking);
    return known === null ? [] : [{ name: name.text, value: known.value }];
  });
}

/** Reports a test that expects nothing, or what cannot be together (E0603). */
function checkExpectations(test: DeclarationOf<"test">, checking: Checking): void {
  const { report } = checking;
  const expected = test.items.filter((item) => item.kind.startsWith("expect"));
  if (expected.length === 0) {
    report.error("E0603", test.title.span, "this test expects nothing", {
      label: "no `expect`",
      notes: ["`expect alert`, `expect 3 alerts`, `expect none`"],
    });
  }
  const none = expected.find((item) => item.kind === "expect none");
  if (none !== undefined && expected.length > 1) {
    report.error("E0603", none.span, "`expect none` stands alone", {
      label: "other alerts are expected too",
    });
  }
  for (const item of expected) {
    if (item.kind === "expect timeout") checkTimeout(test, item.span, checking);
  }
  const counts = expected.filter((item) => item.kind === "expect alerts");
  const [, second] = counts;
  if (second !== undefined) {
    report.error("E0603", second.span, "two numbers of alerts are expected", {
      label: "the second one",
    });
  }
}

function checkTimeout(
  test: DeclarationOf<"test">,
  span: TestItem["span"],
  checking: Checking,
): void {
  const rules = checking.declarations.rules.filter(
    (rule) => test.rule === null || rule.name.text === test.rule.text,
  );
  const possible = rules.some((rule) =>
    rule.clauses.some((clause) => clause.kind === "on timeout"),
  );
  if (possible || rules.length === 0) return;
  checking.report.error("E0603", span, "no timeout can come", {
    label: "the rule has no `on timeout`",
  });
}
