/** The rule index changes nothing but the cost: with it and without it the same rules alert. */

import { expect, test } from "@jest/globals";
import type { Value } from "../../base/value.ts";
import { compileRules } from "../../dsl/compile.ts";
import { createEngine } from "../engine.ts";

const RULES = `
stream s from "s.>" { time t }
event Start = s where kind == "start"
rule a.name "a" { severity low match by all within 1s { e: Start where name ~in ["Cmd.exe", "ΟΔΟΣ"] } }
rule b.same "b" { severity low match by all within 1s { e: Start where "cmd.EXE" =~ name and n > 1 } }
rule c.number "c" { severity low match by all within 1s { e: s where n in [1, 2.5] } }
rule d.pair "d" { severity low match by all within 5s { e: Start where n == 3  then f: s where kind == "end" and ok == true } }
rule e.next "e" { severity low match by all within 5s { e: Start where n == 3  next f: s where kind == "end" } }
rule f.window "f" { severity low window 4s by all over Start where name ~in ["cmd.exe"] having count() == 2 }
rule g.every "g" { severity low match by all within 1s { e: s where starts } }
`;

const EVENTS: readonly Value[] = [
  { kind: "start", name: "CMD.exe", n: 1 },
  { kind: "start", name: "οδος", n: 2 },
  { kind: "START", name: "cmd.exe", n: 2.5 },
  { kind: "start", name: "cmd.exe", n: 3 },
  { kind: "other", name: 17, n: "1", starts: true },
  { kind: "end", ok: "true" },
  { kind: "end", ok: true },
  { kind: "start", n: 3 },
  { kind: "end", ok: true, name: ["cmd.exe"] },
  { kind: "start", name: "cmd.exe ", n: null },
];

function alerts(index: boolean): readonly string[] {
  const { plan, diagnostics } = compileRules([{ file: "rules.seq", text: RULES }]);
  if (plan === null) throw new Error(JSON.stringify(diagnostics));
  const engine = createEngine(plan, { index });
  const feed = engine.feed("s", "f", { broker: false });
  EVENTS.forEach((event, i) => {
    engine.accept(feed, i, 0, null, { t: 1000 * i, ...(event as object) });
  });
  engine.flush();
  return engine
    .takeOutputs()
    .flatMap((output) =>
      output.kind === "alert" ? [`${output.rule} ${output.alert.time.slice(17, 19)}`] : [],
    );
}

test("a rule is offered every event that concerns it, texts without case included", () => {
  const found = alerts(true);
  expect(found).toEqual(alerts(false));
  expect(found).toEqual([
    "a.name 00",
    "c.number 00",
    "a.name 01",
    "c.number 02",
    "a.name 03",
    "b.same 03",
    "f.window 03",
    "g.every 04",
    "d.pair 06",
    "d.pair 08",
    "e.next 08",
  ]);
});
