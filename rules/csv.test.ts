import { expect, test } from "@jest/globals";
import { readCsv } from "./csv.ts";

function texts(text: string): unknown {
  const csv = readCsv(text);
  if ("error" in csv) return csv;
  return csv.records.map(({ cells, line }) => [line, ...cells.map((cell) => cell.text)]);
}

test.each([
  [
    "a,b\n1,2\n",
    [
      [1, "a", "b"],
      [2, "1", "2"],
    ],
  ],
  ["a,b", [[1, "a", "b"]]],
  [
    "a\r\nb\r\n",
    [
      [1, "a"],
      [2, "b"],
    ],
  ],
  ["", []],
  ["\n\n\n", []],
  [
    "a,\n,b",
    [
      [1, "a", ""],
      [2, "", "b"],
    ],
  ],
  ['""', [[1, ""]]],
  ['"a,b","c""d"', [[1, "a,b", 'c"d']]],
  [
    '"two\nlines",x\ny,z',
    [
      [1, "two\nlines", "x"],
      [3, "y", "z"],
    ],
  ],
  [" a , b ", [[1, " a ", " b "]]],
])("%j", (text, records) => {
  expect(texts(text)).toEqual(records);
});

test.each([
  ['a\n"b', 2],
  ['"a"b', 1],
  ['a"b', 1],
  ['x\n\na,"b" ', 3],
])("%j is no CSV, in line %i", (text, line) => {
  expect(readCsv(text)).toMatchObject({ error: expect.any(String), line });
});

test("cells remember their quotes", () => {
  const csv = readCsv('17,"17"');
  expect("records" in csv && csv.records[0]?.cells.map((cell) => cell.quoted)).toEqual([
    false,
    true,
  ]);
});
