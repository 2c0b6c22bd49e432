/**
 * Rules of all kinds through random reloads: however often the engine is restarted, and whatever of its state is
 * restored beforehand, it decides the same as one that never stops. (What it decides the rows and the oracle say.)
 */

import { expect, test } from "@jest/globals";
import { Random } from "../../base/random.ts";
import type { Value } from "../../base/value.ts";
import { listOf, ReloadRun, RUN_WAYS, type RunWay, type SetText, tableOf } from "./reload-run.ts";

type Make = (random: Random) => string;

const seconds = (random: Random): string => `${5 + random.below(3) * 5}s`;
const once: Make = (random) =>
  random.pick([
    "",
    "",
    "once per k every 10s",
    "once per k every 20s",
    'once per k, "x" every 15s',
  ]);
const mode: Make = (random) => random.pick(["", "", "", "mode shadow", "mode off"]);

/** Each rule by its name, in one of several forms. */
const RULES: ReadonlyMap<string, Make> = new Map<string, Make>([
  [
    "pair",
    (random) => `match by k within ${seconds(random)} {
      a: s where t == "A" and n >= ${random.below(2)}  then b: s or s2 where t == "B" and n in good }`,
  ],
  [
    "absent",
    (random) => `match by k within ${seconds(random)} {
      a: s where t == "A"  then no s2 where t == "${random.pick(["B", "C"])}" }`,
  ],
  [
    "loop",
    (random) => `match ${random.pick(["", "all", "longest"])} by k within ${seconds(random)} {
      a: ${random.pick(["2+", "2..3"])} s where t == "A" and n >= ${random.below(2)}  then b: s where t == "B" }
      ${random.pick(["", "having count(a) > 2"])}`,
  ],
  [
    "sliding",
    (random) => `window ${seconds(random)} by k over s where n >= ${random.below(2)}
      having ${random.pick([`count() >= ${2 + random.below(3)}`, "sum(n) > 3 and count() > 1", "max(n) == 2"])}`,
  ],
  [
    "tumbling",
    (random) => `window every ${seconds(random)} by k over s having sum(n) >= ${random.below(4)}`,
  ],
  [
    "session",
    (random) =>
      `window gap ${seconds(random)} by k over s2 having count() >= ${1 + random.below(2)}`,
  ],
  [
    "counting",
    (random) =>
      `window ${2 + random.below(2)} events by k over s having sum(n) >= ${2 + random.below(3)}`,
  ],
  [
    "silent",
    (
      random,
    ) => `expect s where n >= ${random.below(2)} by k every ${seconds(random)} ${random.pick(["", "from hosts"])}
      ${random.pick(["", 'on recovered alert "back"'])}`,
  ],
  [
    "over",
    (random) =>
      `match by k within ${seconds(random)} { x: pair  then y: ${random.pick(["pair", "s2"])} }`,
  ],
  ["above", () => `match by k within 30s { x: over }`],
]);

interface Forms {
  readonly bodies: ReadonlyMap<string, string>;
  readonly names: ReadonlyMap<string, string>;
  readonly was: ReadonlyMap<string, string>;
  readonly streams: readonly string[];
  readonly excepted: boolean;
  readonly good: readonly Value[];
  readonly hosts: readonly string[];
}

function bodyOf(name: string, random: Random): string {
  const make = RULES.get(name);
  const title = `${name} ${random.below(3)}`;
  return `"${title}" { severity low ${mode(random)} ${make?.(random) ?? ""} ${once(random)} }`;
}

function firstForms(random: Random): Forms {
  return {
    bodies: new Map([...RULES.keys()].map((name) => [name, bodyOf(name, random)])),
    names: new Map(),
    was: new Map(),
    streams: STREAM_FORMS[0] ?? [],
    excepted: false,
    good: [0, 1],
    hosts: ["x", "q"],
  };
}

const STREAM_FORMS: readonly (readonly string[])[] = [
  [`stream s from "x.s" { time at  delay 2s }`, `stream s2 from "x.s2" { time at }`],
  [`stream s2 from "x.s2" { time at }`, `stream s from "x.s" { time at  delay 2s }`],
  [
    `stream s from "x.s" { time at  delay 4s  id u }`,
    `stream s2 from "x.s2" { time at  late accept }`,
  ],
  [`stream s from "x.s" { time other  delay 2s }`, `stream s2 from "x.s2" { time at }`],
];

function nextForms(random: Random, forms: Forms): Forms {
  const bodies = new Map(forms.bodies);
  const names = new Map(forms.names);
  const was = new Map<string, string>();
  for (const name of RULES.keys()) {
    const dice = random.unit();
    if (dice < 0.25) bodies.set(name, bodyOf(name, random));
    // Those that others read are not deleted or renamed, for then the others would not compile.
    else if (dice < 0.3 && name !== "pair" && name !== "over") bodies.delete(name);
    else if (dice < 0.35 && name !== "pair" && name !== "over" && bodies.has(name)) {
      was.set(name, names.get(name) ?? name);
      names.set(name, `${name}${random.below(100)}`);
    }
  }
  return {
    bodies,
    names,
    was,
    streams: random.chance(0.2) ? random.pick(STREAM_FORMS) : forms.streams,
    excepted: random.chance(0.3),
    good: random.chance(0.3) ? [random.below(3)] : forms.good,
    hosts: random.chance(0.3) ? random.pick([["x"], ["y", "q"], ["x", "y", "z"]]) : forms.hosts,
  };
}

function setOf({ bodies, names, was, streams, excepted, good, hosts }: Forms): SetText {
  const rules = [...bodies].map(([name, body]) => {
    const former = was.get(name);
    const head = former === undefined ? "" : `was ${former}`;
    return `rule ${names.get(name) ?? name} ${body.replace("severity low", `severity low ${head}`)}`;
  });
  const text = [
    ...streams,
    `list good from "good.txt"`,
    `table hosts from "hosts.csv" key k`,
    ...rules,
    ...(excepted ? [`exception e for pair on a where n == 1 because "known"`] : []),
    ...(excepted && bodies.has("sliding")
      ? [`exception f for ${names.get("sliding") ?? "sliding"} where max(n) == 2 because "known"`]
      : []),
  ].join("\n");
  return {
    text,
    data: new Map([
      ["good", listOf(good)],
      ["hosts", tableOf(hosts)],
    ]),
  };
}

function run(seed: number, way: RunWay): readonly string[] {
  const random = new Random(seed);
  let forms = firstForms(random);
  const run = new ReloadRun(setOf(forms), way);
  let timeMs = 0;
  for (let i = 0; i < 60; i++) {
    if (random.chance(0.12)) {
      forms = nextForms(random, forms);
      run.reload(setOf(forms));
      run.lines.push("reload");
    }
    if (random.chance(0.05)) run.setMode("pair", random.pick(["live", "shadow", "off"]));
    timeMs += random.below(2500);
    const stream = random.chance(0.65) ? "s" : "s2";
    const atMs = stream === "s" ? timeMs - random.below(2000) : timeMs;
    run.event(
      atMs,
      {
        t: random.pick(["A", "A", "B", "C"]),
        k: random.pick(["x", "y"]),
        n: random.below(3),
        u: random.below(20),
        other: 946_684_800_000 + atMs,
      },
      stream,
    );
  }
  run.finish();
  return run.lines;
}

const SEED = Number(process.env["RELOAD_SEED"] ?? 1);
const STORIES = Number(process.env["RELOAD_STORIES"] ?? 8);

test("restarts between reloads change nothing", () => {
  let lines = 0;
  for (let seed = SEED; seed < SEED + STORIES; seed++) {
    const [plain, ...others] = RUN_WAYS.map((way) => run(seed, way));
    for (const [i, other] of others.entries())
      expect([seed, RUN_WAYS[i + 1]?.name, ...other]).toEqual([
        seed,
        RUN_WAYS[i + 1]?.name,
        ...(plain ?? []),
      ]);
    lines += plain?.length ?? 0;
  }
  expect(lines).toBeGreaterThan(STORIES * 10);
});
