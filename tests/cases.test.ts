/** Every case of tests/cases in every way of running it. `CASE=part of a title` runs those alone. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { type Case, readCases } from "./cases/format.ts";
import { judgeCase } from "./cases/judge.ts";

const FOLDER = "tests/cases";

const cases: readonly Case[] = readdirSync(FOLDER)
  .filter((file) => file.endsWith(".cases"))
  .sort()
  .flatMap((file) => readCases(file, readFileSync(join(FOLDER, file), "utf8")));

const chosen = process.env["CASE"] ?? "";

for (const case_ of cases.filter(({ title, file }) => `${file} ${title}`.includes(chosen))) {
  const place = `${case_.file}:${case_.line}`;
  test(`${case_.statements.join(" ")} ${case_.title} (${place})`, () => {
    const difference = judgeCase(case_);
    if (difference === null) return;
    const { way, wanted, came } = difference;
    expect({ case: place, way, lines: came }).toEqual({ case: place, way, lines: wanted });
  });
}

test("cases of one statement have different titles", () => {
  const names = cases.map(({ file, title }) => `${file} ${title}`);
  expect(names.filter((name, i) => names.indexOf(name) < i)).toEqual([]);
});
