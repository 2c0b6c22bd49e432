/** Every row of the table in docs/RELOAD.md, in memory, with commits, and with a restart after every step. */

import { readFileSync } from "node:fs";
import { expect, test } from "@jest/globals";
import type { Value } from "../../base/value.ts";
import { ReloadRun, RUN_WAYS, type RunWay } from "./reload-run.ts";
import { ROWS, type Row } from "./rows.ts";

const STEP = /^(?:(\w+):)?(\d+)s(?: (\w+)((?: \w+=\S+)*))?$/;

function runRow(row: Row, way: RunWay): ReloadRun {
  const sets = [row.after, ...(row.later ?? [])];
  const run = new ReloadRun({ text: row.before, data: new Map(row.dataBefore) }, way);
  for (const step of row.steps) {
    if (step === "reload") {
      const text = sets.shift() ?? "";
      run.reload({ text, data: new Map(row.dataAfter) }, new Map(row.choices));
      continue;
    }
    const [, stream = "s", seconds, type, fields = ""] = STEP.exec(step) ?? [];
    const data: [string, Value][] = fields
      .split(" ")
      .filter((field) => field !== "")
      .map((field) => {
        const [name = "", value = ""] = field.split("=");
        return [name, /^\d+$/.test(value) ? Number(value) : value];
      });
    run.event(
      Number(seconds) * 1000,
      { t: type ?? "", k: "x", ...Object.fromEntries(data) },
      stream,
    );
  }
  run.finish();
  return run;
}

test("each row of the table in docs/RELOAD.md has its case", () => {
  const page = readFileSync("docs/RELOAD.md", "utf8");
  const table = page.slice(
    page.indexOf("| change | verdict"),
    page.indexOf("Several changes at once"),
  );
  const rows = table
    .split("\n")
    .slice(2)
    .flatMap((line) => (line.startsWith("|") ? [line.split(" | ").slice(0, 2)] : []))
    .map(([change = "", verdict]) => [change.slice(2), verdict]);
  expect(rows).toEqual(ROWS.map(({ change, verdict }) => [change, verdict]));
});

test.each(ROWS.map((row) => [row.change, row] as const))("%s", (_, row) => {
  for (const way of RUN_WAYS) {
    const run = runRow(row, way);
    const [reload] = run.reloads;
    const verdict =
      reload?.rules.find(({ rule }) => rule === "r") ??
      reload?.rules.find(({ rule }) => rule === "n");
    expect([way.name, verdict?.verdict]).toEqual([way.name, row.verdict]);
    expect(verdict?.reasons.join("; ")).toContain(row.because ?? "");
    expect(reload?.refused.length).toBe(row.refused === true ? 1 : 0);
    expect([way.name, ...run.lines]).toEqual([way.name, ...row.alerts]);
    expect(run.engine.draining()).toEqual([]);
  }
});
