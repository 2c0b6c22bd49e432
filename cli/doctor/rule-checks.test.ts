import { expect, test } from "@jest/globals";
import { makeBundle } from "../../rules/rule-bundle.ts";
import { checkSet } from "../../server/reload/set-check.ts";
import { judgeRules, type RuleFindings } from "./rule-checks.ts";

function judged(text: string): RuleFindings {
  const bundle = makeBundle({ files: [{ file: "a.seq", text }], data: [], buckets: [] });
  const limits = { openPerKey: 10, openPerRule: 10 };
  const input = { kind: "bundle", bundle } as const;
  return judgeRules(checkSet({ input, limits, runTests: false, todayMs: 0 }), "here");
}

const STREAMS = `stream a from "a" { time t }
stream b from "b" { time t }
rule r.a "A" { severity low  match by u within 1m { x: a } }
`;

test("streams are those of rules that run", () => {
  const off = `rule r.b "B" { severity low  mode off  match by u within 1m { x: b } }\n`;
  const { findings, streams } = judged(STREAMS + off);
  expect(findings[0]).toEqual({ level: "ok", name: "rules", detail: "2 in here" });
  expect(streams.map(({ name }) => name)).toEqual(["a"]);
});

test("errors are red, each with its place", () => {
  const { findings, streams } = judged(`${STREAMS}rule r.c {`);
  expect(findings).toMatchObject([{ level: "red", detail: expect.stringMatching(/a\.seq:4/) }]);
  expect(streams).toEqual([]);
});
