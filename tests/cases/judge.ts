/** Judges one case: in all its ways, or its diagnostics, values or tests, by what it expects. */

import { stringifyJson } from "../../base/json.ts";
import { isObject, same, type Value, type ValueObject } from "../../base/value.ts";
import type { Alert, Output } from "../../engine/outputs.ts";
import { loadRules } from "../../rules/rule-set.ts";
import { runTest } from "../../rules/test-runner.ts";
import { driveCase, KEY_OF_COPY, keyOfCopy } from "./drive.ts";
import type { Case, CaseEvent, CaseValues } from "./format.ts";
import { type Program, programOf, START_MS, STEP_FIELD } from "./program.ts";
import { expectedLines, type Found, foundLines, sideBySide } from "./verdict.ts";
import { SHUFFLE_DELAY, type Way, waysOf } from "./ways.ts";

/** How a case went: nothing to say, or where what came differs from what was wanted. */
export interface Difference {
  /** The way of running, or what was looked at. */
  readonly way: string;
  readonly wanted: readonly string[];
  readonly came: readonly string[];
}

/** The first difference, or null. */
export function judgeCase(case_: Case): Difference | null {
  const codes = case_.expected.filter((text) => /^[EW]\d{4}/.test(text));
  const program = programOf(case_, null);
  if (codes.length > 0) {
    const difference = judgeDiagnostics(program, codes);
    if (difference !== null || codes.some((text) => text.startsWith("E"))) return difference;
  }
  if (case_.values !== null) return judgeValues(case_, case_.values, program);
  if (program.plan === null) return brokenProgram(program);
  const tests = case_.expected.filter((text) => /^(?:test|harder) /.test(text));
  if (tests.length > 0) return judgeTests(program, tests);
  return judgeWays(
    case_,
    case_.expected.filter((text) => !codes.includes(text)),
  );
}

function brokenProgram({ diagnostics }: Program): Difference {
  return {
    way: "check",
    wanted: [],
    came: diagnostics.map(({ code, message }) => `${code} ${message}`),
  };
}

/** `E0301 "match"`: the code, and the text under the carets where the case says it. All errors are listed. */
function judgeDiagnostics(program: Program, codes: readonly string[]): Difference | null {
  const shown = program.diagnostics
    .filter(({ code }) => code.startsWith("E") || codes.some((text) => text.startsWith(code)))
    .map(({ code, span }) => {
      const source = program.sources.find(({ file }) => file === span.file);
      return [code, JSON.stringify(source?.text.slice(span.start, span.end))] as const;
    });
  const came = shown.map(([code, text], i) => (codes[i]?.includes(" ") ? `${code} ${text}` : code));
  return compare("check", codes, came);
}

function judgeWays(case_: Case, texts: readonly string[]): Difference | null {
  const expected = expectedLines(texts.filter((text) => !text.startsWith("counts ")));
  const ids = new Map<string, string>();
  const ways = waysOf(case_);
  const plain = programOf(case_, null);
  const delayed = ways.some(({ shuffle }) => shuffle) ? programOf(case_, SHUFFLE_DELAY) : plain;
  for (const way of ways) {
    const { plan, data } = way.shuffle ? delayed : plain;
    if (plan === null || data === null)
      return { way: way.name, wanted: [], came: ["the text does not compile"] };
    const drive = driveCase(plan, data, case_.inputs, way);
    for (let copy = 0; copy < way.keys; copy++) {
      const { wanted, came } = sideBySide(expected, linesOfCopy(drive.outputs, way, copy));
      const difference = compare(way.name, wanted, came);
      if (difference !== null) return difference;
    }
    const left = drive.status.rules.reduce((sum, rule) => sum + rule.openRuns, 0);
    if (left > 0 && forgets(case_))
      return { way: way.name, wanted: ["nothing is left"], came: [`${left} partial matches`] };
    const counted =
      way.restart || way.twice || way.keys > 1 ? null : judgeCounts(texts, drive.status);
    if (counted !== null) return { ...counted, way: way.name };
    const moved = judgeIds(drive.outputs, way, ids);
    if (moved !== null) return moved;
  }
  return null;
}

/** Does all that is remembered end with time? Not where the case stops before, nor for the last N events of a key. */
function forgets({ rule, inputs }: Case): boolean {
  return !inputs.some(({ kind }) => kind === "stop") && !/\bevents by\b|\bexpect\b/.test(rule);
}

/** What concerns one of the copies of the keys, with the keys as the case has them. */
function linesOfCopy(outputs: readonly Output[], way: Way, copy: number): readonly Found[] {
  const own = way.keys === 1 ? outputs : outputs.filter((output) => isOfCopy(output, way, copy));
  const numberOf = (seq: number): number => Math.floor(seq / way.keys);
  return foundLines(way.keys === 1 ? own : own.map(withoutCopies), numberOf);
}

function isOfCopy(output: Output, way: Way, copy: number): boolean {
  if (output.kind !== "alert")
    return (JSON.parse(output.text) as { seq: number }).seq % way.keys === copy;
  return Object.values(output.alert.key).some(
    (part) => typeof part === "string" && keyOfCopy(part).copy === copy,
  );
}

function withoutCopies(output: Output): Output {
  return withoutCopiesIn(output as unknown as Value) as unknown as Output;
}

function withoutCopiesIn(value: Value): Value {
  if (typeof value === "string") return value.replace(KEY_OF_COPY, "$1");
  if (Array.isArray(value)) return value.map(withoutCopiesIn);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, withoutCopiesIn(item)]),
  );
}

/** Alerts of different events have different ids; of the same events, in every way with the same rules, the same (A-5). */
function judgeIds(
  outputs: readonly Output[],
  way: Way,
  known: Map<string, string>,
): Difference | null {
  for (const output of outputs) {
    if (output.kind !== "alert" || way.keys > 1) continue;
    const { id } = output.alert;
    const what = identityOf(output.alert);
    const before = known.get(what) ?? id;
    if (before !== id)
      return { way: way.name, wanted: [`the id ${before} for ${what}`], came: [id] };
    const other = [...known].find(([, used]) => used === id)?.[0] ?? what;
    if (other !== what)
      return { way: way.name, wanted: [`${id} for ${other}`], came: [`and ${what}`] };
    known.set(what, id);
  }
  return null;
}

function identityOf({ rule, version, kind, time, key, events }: Alert): string {
  const steps = Object.entries(events).map(([step, list]) => [
    step,
    list.map(({ id, time }) => [id, time]),
  ]);
  return stringifyJson([rule, version, kind, kind === "match" ? "" : time, key, steps] as Value);
}

/** `counts { skipMissed: 1 }`: counters of the rule `r`, or of all streams together. */
function judgeCounts(
  texts: readonly string[],
  status: ReturnType<typeof driveCase>["status"],
): Omit<Difference, "way"> | null {
  for (const text of texts.filter((line) => line.startsWith("counts "))) {
    const wanted: string[] = [];
    const came: string[] = [];
    for (const [, name = "", value = ""] of text.matchAll(/(\w+): (\d+)/g)) {
      const counters: readonly object[] = [...status.rules, ...status.streams];
      const sum = counters
        .map((counter) => (counter as Record<string, unknown>)[name])
        .filter((count) => typeof count === "number")
        .reduce((total, count) => total + count, 0);
      wanted.push(`${name}: ${value}`);
      came.push(`${name}: ${sum}`);
    }
    const difference = compare("", wanted, came);
    if (difference !== null) return difference;
  }
  return null;
}

function judgeValues(case_: Case, values: CaseValues, whole: Program): Difference | null {
  const codes = values.rows.filter(({ expected }) => "code" in expected);
  for (const row of codes) {
    const { diagnostics } = programOf({ ...case_, values: { ...values, rows: [row] } }, null);
    const wanted = "code" in row.expected ? row.expected.code : "";
    const found = diagnostics.filter(({ code }) => code.startsWith(wanted[0] ?? "E"));
    const difference = compare(
      row.expression,
      [wanted],
      found.map(({ code }) => code),
    );
    if (difference !== null) return difference;
  }
  const rows = values.rows.filter(({ expected }) => !("code" in expected));
  if (rows.length === 0) return null;
  const rest =
    codes.length === 0 ? whole : programOf({ ...case_, values: { ...values, rows } }, null);
  if (rest.plan === null || rest.data === null) return brokenProgram(rest);
  for (const way of waysOf(case_).filter(({ shuffle }) => !shuffle)) {
    const drive = driveCase(rest.plan, rest.data, valueInputs(values), way);
    const [output] = drive.outputs;
    if (output?.kind !== "alert")
      return { way: way.name, wanted: ["an alert"], came: [output?.text ?? "nothing"] };
    const { data } = output.alert;
    const wanted = rows.map(({ expression, expected }) =>
      "value" in expected ? `${expression} => ${stringifyJson(expected.value)}` : "",
    );
    const came = rows.map(({ expression, expected }, i) => {
      const value = data[`v${i}`] ?? null;
      const equal = "value" in expected && same(value, expected.value);
      return `${expression} => ${stringifyJson(equal ? expected.value : value)}`;
    });
    const difference = compare(way.name, wanted, came);
    if (difference !== null) return difference;
  }
  return null;
}

function valueInputs({ event, loop }: CaseValues): readonly CaseEvent[] {
  return [{ step: "a", data: event }, ...loop.map((data) => ({ step: "r", data }))].map(
    ({ step, data }, i) => ({
      kind: "event" as const,
      number: i + 1,
      atMs: i * 1000,
      stream: "s",
      feed: "1",
      stampMs: null,
      data: { k: "x", [STEP_FIELD]: step, ...data } satisfies ValueObject,
    }),
  );
}

/** `test passes`, `test fails: WHY`, `harder passes`: the one `test` block of the case, by the runner of rule files. */
function judgeTests(program: Program, expected: readonly string[]): Difference | null {
  const { reader } = program;
  const { set } = loadRules(program.sources, { reader, todayMs: START_MS });
  if (set === null) return brokenProgram(program);
  const outcomes = (harder: boolean): readonly string[] =>
    set.plan.tests.map((test) => {
      const { passed, problems } = runTest(set, test, { reader, harder });
      return `${harder ? "harder" : "test"} ${passed ? "passes" : `fails: ${problems.join("; ")}`}`;
    });
  const plain = expected.filter((text) => text.startsWith("test"));
  const hard = expected.filter((text) => text.startsWith("harder"));
  return (
    (plain.length > 0 ? compare("test", plain, outcomes(false)) : null) ??
    (hard.length > 0 ? compare("test --harder", hard, outcomes(true)) : null)
  );
}

function compare(
  way: string,
  wanted: readonly string[],
  came: readonly string[],
): Difference | null {
  const equal = wanted.length === came.length && wanted.every((text, i) => text === came[i]);
  return equal ? null : { way, wanted, came };
}
