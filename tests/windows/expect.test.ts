/** E-1, E-2: silence equals a naive model on generated streams, with and without a table, in every way of running it. */

import { expect, test } from "@jest/globals";
import { Random } from "../../base/random.ts";
import { formatTime } from "../../base/time.ts";
import type { Value } from "../../base/value.ts";
import { RuleData } from "../../engine/rule-data.ts";
import { byKey, compiled, drive, type Input, ordered, shown, WAYS } from "./drive.ts";

const CASES = Number(process.env["EXPECT_CASES"] ?? 300);
const SEED = Number(process.env["EXPECT_SEED"] ?? 1);
const START_MS = 1_000_000;
const EVERY_MS = 5000;
const TABLE: readonly Value[] = ["p", "q", "never", 7];

interface Setting {
  readonly table: boolean;
  readonly recovered: boolean;
  readonly where: boolean;
}

function ruleText({ table, recovered, where }: Setting): string {
  const told = "{ last: last  gap: gap  n: Beat.n  since: time(Beat) }";
  return `
stream s1 from "s1.>" { time at unit ms  delay 1h }
event Beat = s1 where t == "beat"
table devices from "devices.csv" key device
rule r "R" {
  severity low
  expect Beat ${where ? "where n > 1" : ""} by k every 5s ${table ? "from devices" : ""}
  alert "{k} silent since {last}" ${told}
  ${recovered ? `on recovered alert "{k} is back after {gap}" ${told}` : ""}
}`;
}

const NUMBERS: readonly Value[] = [1, 2, 3];

function generateInputs(random: Random): readonly Input[] {
  let timeMs = START_MS;
  return Array.from({ length: 1 + random.below(30) }, (_, i) => {
    timeMs += random.pick([0, 0, 1000, 1000, 2000, 5000, 5000, 5001, 12_000]);
    const k = random.pick<Value>(["p", "p", "q", "other", 7, null, ["p", "q"]]);
    const data = { at: timeMs, k, t: random.pick(["beat", "beat", "x"]), n: random.pick(NUMBERS) };
    return { stream: "s1", place: 0, seq: i + 1, timeMs, data };
  });
}

/** What must come out: each key is gone through by itself. */
function naive(
  inputs: readonly Input[],
  { table, recovered, where }: Setting,
  untilMs: number,
): Value {
  const heard = new Map<Value, Input[]>();
  for (const input of inputs) {
    const { k = null, t, n } = input.data;
    if (t !== "beat" || (where && Number(n) <= 1)) continue;
    for (const key of Array.isArray(k) ? (k as Value[]) : [k])
      if (key !== null) heard.set(key, [...(heard.get(key) ?? []), input]);
  }
  const keys = new Set([...heard.keys(), ...(table ? TABLE : [])]);
  const beganMs = inputs[0]?.timeMs ?? untilMs;
  const found: [string, Value[]][] = [];
  for (const key of keys) {
    const alerts: Value[] = [];
    let last: Input | null = null;
    let dueMs = table && TABLE.includes(key) ? beganMs + EVERY_MS : Number.POSITIVE_INFINITY;
    let startMs = beganMs;
    for (const input of [...(heard.get(key) ?? []), null]) {
      const nowMs = input?.timeMs ?? untilMs;
      if (nowMs > dueMs) {
        const missing = last === null ? [] : [last];
        alerts.push(alertOf("missing", key, missing, startMs, startMs, dueMs, last));
        if (input !== null && recovered)
          alerts.push(alertOf("recovered", key, [...missing, input], startMs, nowMs, nowMs, last));
      }
      if (input === null) break;
      last = input;
      startMs = input.timeMs;
      dueMs = input.timeMs + EVERY_MS;
    }
    if (alerts.length > 0) found.push([JSON.stringify({ k: key }), alerts]);
  }
  return found.sort(([a], [b]) => (a < b ? -1 : 1));
}

function alertOf(
  kind: string,
  key: Value,
  events: readonly Input[],
  startMs: number,
  endMs: number,
  decidedMs: number,
  last: Input | null,
): Value {
  const gap = decidedMs - startMs;
  const newest = events.at(-1);
  const lastTime = last === null ? null : formatTime(last.timeMs);
  return {
    kind,
    title: kind === "missing" ? `${key} silent since ${lastTime}` : `${key} is back after ${gap}`,
    key: { k: key },
    time: formatTime(decidedMs),
    start: formatTime(startMs),
    end: formatTime(endMs),
    data: {
      last: lastTime,
      gap,
      n: newest?.data["n"] ?? null,
      since: newest === undefined ? null : formatTime(newest.timeMs),
    },
    evidence: events.length === 0 ? [] : [`Beat: ${events.map((e) => `s1.${e.seq}`).join(" ")}`],
    truncated: 0,
  };
}

test(`${CASES} generated streams, each in ${WAYS.length} ways`, () => {
  let alerts = 0;
  for (let seed = SEED; seed < SEED + CASES; seed++) {
    const random = new Random(seed);
    const setting = {
      table: random.chance(0.5),
      recovered: random.chance(0.5),
      where: random.chance(0.3),
    };
    const inputs = generateInputs(random);
    const untilMs = (inputs.at(-1)?.timeMs ?? START_MS) + random.pick([0, 5000, 5001, 60_000]);
    const text = ruleText(setting);
    const plan = compiled(text);
    const wanted = naive(ordered(inputs), setting, untilMs);
    for (const way of WAYS) {
      const options = { ...way, untilMs, data: dataOf(plan, TABLE) };
      const got = byKey(drive(plan, inputs, seed, options).alerts);
      expect({ seed, way, text, alerts: got }).toEqual({ seed, way, text, alerts: wanted });
    }
    alerts += JSON.stringify(wanted).split('"kind"').length - 1;
  }
  expect(alerts).toBeGreaterThan(CASES);
});

function dataOf(plan: ReturnType<typeof compiled>, keys: readonly Value[]): RuleData {
  const rows = keys.map((key) => ({ key, row: { device: key } }));
  return new RuleData(plan, new Map([["devices", { kind: "table", rows }]]));
}

test("E-2 where nothing is ever heard, the rule begins with the first time that it is told", () => {
  const plan = compiled(ruleText({ table: true, recovered: false, where: false }));
  const options = {
    codegen: true,
    index: true,
    restartEvery: 0,
    shuffle: false,
    data: dataOf(plan, ["p"]),
    fromMs: START_MS,
  };
  const due = START_MS + EVERY_MS;
  expect(drive(plan, [], 0, { ...options, untilMs: due }).alerts).toEqual([]);
  const { alerts } = drive(plan, [], 0, { ...options, untilMs: due + 1 });
  expect(alerts.map(shown)).toEqual([
    expect.objectContaining({
      kind: "missing",
      time: formatTime(due),
      start: formatTime(START_MS),
    }),
  ]);
});
