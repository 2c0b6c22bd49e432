import { expect, test } from "@jest/globals";
import type { Finding } from "./findings.ts";
import { toGithub } from "./github-format.ts";

const finding: Finding = {
  file: "rules/a,b.seq",
  line: 3,
  column: 5,
  endLine: 3,
  endColumn: 9,
  code: "E0204",
  severity: "error",
  message: "100% wrong",
  label: "",
  notes: ["because"],
  fix: null,
};

test("what the commands give a meaning is escaped, and columns are left out over several lines", () => {
  expect(toGithub([finding, { ...finding, severity: "warning", endLine: 4 }])).toEqual([
    "::error file=rules/a%2Cb.seq,line=3,endLine=3,col=5,endColumn=9,title=E0204::100%25 wrong%0Abecause",
    "::warning file=rules/a%2Cb.seq,line=3,endLine=4,title=E0204::100%25 wrong%0Abecause",
  ]);
});
